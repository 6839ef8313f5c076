"""Images for chapters and assignments: digits, photos, fruits."""

from convnets.data.images import FRUIT_NAMES, PHOTO_CREDITS, PHOTO_NAMES, digits, fruits, photo, photos

__all__ = ["FRUIT_NAMES", "PHOTO_CREDITS", "PHOTO_NAMES", "digits", "fruits", "photo", "photos"]
