"""A picture challenge is clicked as a model says, which a server plays."""

import json

from tests.accounts import Service, says
from tests.browsing import needs_browser

pytestmark = needs_browser

CHALLENGE = """<div class=rc-imageselect-challenge>Select all bridges<div>
<style>.rc-imageselect-tile {display: inline-block; width: 30px; height: 30px; background: red}
</style>TILES</div></div><button id=recaptcha-verify-button>Verify</button>
<script>const clicked = new Set();
document.querySelectorAll('.rc-imageselect-tile').forEach((tile, at) =>
    tile.onclick = () => clicked.add(at + 1));
document.getElementById('recaptcha-verify-button').onclick = () => {
    if ([...clicked].sort().join() === '2,3') parent.frame.style.display = 'none';
    clicked.clear();
}</script>"""
TILES = "<div class=rc-imageselect-tile></div>" * 4


def show(act):
    inside = json.dumps(CHALLENGE.replace("TILES", TILES)).replace("</script>", "<\\/script>")
    act.html(
        "<iframe title='recaptcha challenge expires soon' width=300 height=200></iframe>"
        "<script>window.frame = document.querySelector('iframe');"
        f"frame.contentDocument.write({inside}); frame.contentDocument.close();</script>"
    )


def solve(act, answers, **config):
    with Service() as service:
        service.script(answers)
        done = act("SolveCaptchaAI", base_url=service.url, api_key="k", **config)
        return done, service.seen


def test_the_tiles_that_the_model_names_are_clicked(act):
    show(act)

    done, seen = solve(act, [says({"tiles": [1]}), says({"tiles": [2, 3, 99, "x"]})])

    assert done.error is None
    assert (done.outputs["solved"], done.outputs["attempts"]) == (True, 2)
    text, shown = seen[0].json["messages"][-1]["content"]
    assert "4 tiles" in text["text"]
    assert shown["type"] == "image_url"
    assert seen[0].json["model"] == "glm-4.7"


def test_a_challenge_that_stays_is_not_solved(act):
    show(act)

    done, _ = solve(act, [says({"tiles": []})], max_attempts=1, model="models/gemini-1.5-flash")

    assert done.error is None
    assert (done.outputs["solved"], done.outputs["attempts"]) == (False, 1)


def test_a_page_without_a_challenge_needs_no_model(act):
    act.html("<p>nothing here</p>")

    done, seen = solve(act, [], timeout=100)

    assert (done.outputs["solved"], done.outputs["attempts"]) == (True, 0)
    assert seen == []
