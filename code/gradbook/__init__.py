"""The book *Gradients All the Way*: experiments, figures, the claims ledger, the command line, the site.

Nothing here knows MkDocs except the package `gradbook.site`: measuring, drawing and printing the ledger work without it.
"""

from gradbook import arithmetic

ARITHMETIC = arithmetic.pin()  # before anything imports NumPy
