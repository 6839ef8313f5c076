"""Images for chapters and assignments: digits, photos, fruits."""

from convnets.data.images import FRUIT_NAMES, PHOTO_CREDITS, PHOTO_NAMES, digits, fruits, photo, photos
from convnets.data.store_photos import FRUIT_PHOTOS_CREDIT, fruit_photos

__all__ = [
    "FRUIT_NAMES",
    "FRUIT_PHOTOS_CREDIT",
    "PHOTO_CREDITS",
    "PHOTO_NAMES",
    "digits",
    "fruit_photos",
    "fruits",
    "photo",
    "photos",
]
