"""The judge: a submission becomes machine code in a child, computes in another, and gets a verdict.

asked                what is to be judged
reading              the file as text
elf, allowed         what its machine code says of itself, and may call
staging, inside      shared memory; what runs in the children
players              the children, and how their ends are told
table, checking      one checked call
rounds, disturbance  the calls of a size
roofs, verdicts      what they come to
judging              all of it, stage by stage: `judge`
misses               the same of an order of triples, `judge_misses`: ordering runs it, counting counts

Nothing is imported here: a child imports `judge.inside`, and would import all of it.
"""
