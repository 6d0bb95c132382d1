"""How a program that trains or writes behaves: files, text, a terminal, a run that can be resumed."""
