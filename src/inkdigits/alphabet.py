"""The characters that a line of numbers is made of, in the order of the transcriber's classes."""

DIGIT_CHARACTERS = "0123456789"
SPACE = " "
POINTS = ".,'"  # that stand within a number
SIGNS = POINTS + ":-+/=×÷%()#"  # each is one class, and means what it looks like; × is also written as a cross or a dot
OTHER = "~"  # any letter, word or symbol that is none of these, however long
CHARACTERS = DIGIT_CHARACTERS + SPACE + SIGNS + OTHER
BLANK_INDEX = 0  # of the class that stands between characters; character k of CHARACTERS is class k + 1
CLASS_COUNT = len(CHARACTERS) + 1


def encode_text(text: str) -> list[int]:
    """The classes of a text of CHARACTERS. Raises ValueError for any other character."""
    return [CHARACTERS.index(character) + 1 for character in text]
