"""What a workflow can do: one file per category, and the catalogue that knows them all.

A node is a declaration and one function (`casare_robot.domain.node_type.node`).
It gets its values as arguments and its surroundings as ``ctx``; it never reaches
for the journal, the loop or another node. Optional libraries load inside the
function that needs them, and their absence raises `MissingExtraError`.
"""
