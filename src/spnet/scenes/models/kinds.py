"""Kinds of things that scenes are furnished with, and what a kind means."""

from __future__ import annotations

# In groups, so that layouts can ask for what belongs somewhere.
GROUPS: dict[str, tuple[str, ...]] = {
    "seats": ("chair", "office_chair", "stool", "armchair", "sofa", "bench"),
    "tables": ("table", "desk", "coffee_table", "bedside_table", "counter"),
    "storage": ("wardrobe", "cabinet", "kitchen_cabinet", "shelf", "rack", "coat_rack"),
    "sleeping": ("bed",),
    "appliances": ("fridge", "oven", "washing_machine", "microwave", "kettle", "radiator", "fan"),
    "bathroom": ("sink", "toilet", "bath", "shower", "towel", "drying_rack"),
    "electronics": ("tv", "monitor", "laptop", "keyboard", "computer", "printer", "phone", "speaker", "cable"),
    "lamps": ("lamp_floor", "lamp_table", "lamp_ceiling", "lamp_wall", "candle"),
    "decoration": ("plant", "picture", "mirror", "curtain", "rug", "clock", "vase", "cushion", "whiteboard"),
    "books": ("book", "book_row", "papers"),
    "tableware": ("bottle", "cup", "glass", "bowl", "plate", "pan", "can"),
    "food": ("fruit", "food"),
    "clutter": ("box", "basket", "toy", "ball", "tool", "bag", "shoe", "bin", "tripod", "broom"),
    "workshop": ("ladder", "pallet", "crate", "barrel", "trolley", "forklift", "pipe", "extinguisher"),
    "building": ("door", "window", "stairs", "fence"),
    "leisure": ("piano", "instrument", "sport", "bicycle"),
    "people": ("person", "animal"),
    "vehicles": ("car", "van", "truck", "bus", "motorcycle"),
    "street": (
        *("traffic_light", "sign", "street_lamp", "bollard", "hydrant", "street_bench", "bus_stop", "mailbox"),
        *("tree", "tree_far", "bush", "hedge", "rock"),
    ),
}

KINDS: tuple[str, ...] = tuple(kind for group in GROUPS.values() for kind in group)
