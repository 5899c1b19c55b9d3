"""What checking finds and what it does not, in the words that its help, page and report share."""

FINDS = (
    "It finds accidents and laziness: damaged or foreign files, parts left out, numbers typed over, samples "
    "copied from another pack. It does not find a determined forger, who can write what this program would. "
    "What is called look asks for a look, and is no verdict."
)
