"""Names of the modules with which nodes reach web servers. Pure.

Each is loaded in the middle of a first request otherwise, by httpx or by what it
uses; that takes longer than the request.
"""

WEB_MODULES = (
    "casare_robot.nodes.web_client",
    "truststore",
    "httpcore",
    "anyio._backends._asyncio",
)
