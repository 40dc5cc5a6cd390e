"""From the catalogues' names and categories to our kinds. What is not named here is left out."""

from __future__ import annotations

import re

from spnet.scenes.assets.catalogue import Item

# (category or "" for any, names, kind): the first that fits counts. Names are whole-match patterns, any case.
RULES: tuple[tuple[str, str, str], ...] = (
    ("", r".*bathmat|.*doormat|tatami|.*carpet|oriental rug", "rug"),
    ("", r"armchair ottoman|puff|stool|bar stool|bar chair|piano bench", "stool"),
    ("Office", r"armchair|chair", "office_chair"),
    ("", r".*armchair.*", "armchair"),
    ("Exterior", r"bench|.* bench|little bank|wood bank", "street_bench"),
    ("Living room", r"bench", "bench"),
    ("", r".*sofa.*|couch|futon couch|futon", "sofa"),
    ("", r"wheelchair|baby high chair|.*deck chair|pool lounge|beach chair|relax chair|hammock", "armchair"),
    ("", r"class seat|.*chair.*", "chair"),
    ("", r"coffee table", "coffee_table"),
    ("", r"bedside table", "bedside_table"),
    ("", r"workbench|island.*|bar table", "counter"),
    ("", r"desk|desk table|wooden desk|dressing table|technical table", "desk"),
    ("", r"table tennis|pool table|football table|flipper", "table"),
    ("", r"(?!table fan|table tennis bat).*\btable\b.*", "table"),
    ("", r"wardrobe|cupboard|locked locker|clothes rack", "wardrobe"),
    ("Kitchen", r".*cabinet|upper shelves cabinet", "kitchen_cabinet"),
    ("", r"dresser.*|tv stand|television cabinet|filing cabinet|chest|safe|vanity|double vanity", "cabinet"),
    ("", r"bookcase|full bookcase|.*shelves|changing table", "shelf"),
    ("", r"wall hanger|hanging clothes", "coat_rack"),
    ("", r".*\bbed\b.*|crib|air mattress", "bed"),
    ("", r"fridge|large fridge|refrigerator|chest freezer", "fridge"),
    ("", r".*oven|stove|large stove|propane stove", "oven"),
    ("", r".*washing machine|dryer machine", "washing_machine"),
    ("", r"microwave|deep fryer|toaster|sandwich maker|bread box|boiler", "microwave"),
    ("", r".*kettle|cooker|teapot|coffee (brewer|maker|machine|press)|blender|mixer", "kettle"),
    ("", r"radiator|electric water heater|gaz water heater|furnace", "radiator"),
    ("", r"rigged fan|table fan", "fan"),
    ("", r"washbasin|sink|sink cabinet|small lavatory|bidet|urinal", "sink"),
    ("", r"toilets unit|potty", "toilet"),
    ("", r"bath|corner bathtub|island bath", "bath"),
    ("", r"shower stall", "shower"),
    ("", r"towel|towel rack|folded clothes", "towel"),
    ("", r"clothes horse", "drying_rack"),
    ("", r"tv|tv 16:9|wall flat tv", "tv"),
    ("", r"apple imac.*", "monitor"),
    ("", r"laptop|apple ibook", "laptop"),
    ("Living room", r"keyboard", "piano"),
    ("", r".*printer.*", "printer"),
    ("", r"phone|wireless phone|mobile phone|apple iphone|tablet|intercom.*", "phone"),
    ("", r"speaker|.*stereo.*|mp3.*|radio|dvd player|playstation|video projector", "speaker"),
    ("", r"street lamp|street light|classic lamppost|park light|stone lantern", "street_lamp"),
    ("", r"fluorescent.*|hanging light|pendant lamp|chandelier lamp|ceiling lamp|ceiling fan|"
         r"track lights", "lamp_ceiling"),
    ("", r"wall (light|lamp.*|spotlight)|porch light|outdoor lamp", "lamp_wall"),
    ("", r"desk lamp|little lamp|pedestal vase lamp|camping lamp|japanese lantern", "lamp_table"),
    ("", r"candle", "candle"),
    ("", r"frame .*|emergency sign|dart game", "picture"),
    ("", r".*clock", "clock"),
    ("", r"curtain|shower curtain|window blind", "curtain"),
    ("", r"vase|old jar|pottery", "vase"),
    ("", r"white board", "whiteboard"),
    ("Exterior", r"acacia|.*coconut tree|.*pine.*|copper beech|cypress|palm tree|poplar|.* maple|"
         r"peach blossom|ficus", "tree"),
    ("", r".*hedge", "hedge"),
    ("", r"bush|flower box|plant box", "bush"),
    ("", r".*plant|cactus|bamboo|orchids|tulips|white lily|yucca|bonsai tree|ficus|flowers|"
         r"spathiphyllum|christmas tree", "plant"),
    ("", r"rock", "rock"),
    ("", r"book|calendar", "book"),
    ("", r"newspaper|letter tray|bill .*", "papers"),
    ("", r".*bottle|flacon|oil servers|cosmetics pot|soap|milk", "bottle"),
    ("", r"coffee cup|cup|coffee mug|plastic cup|creamer", "cup"),
    ("", r".*glass", "glass"),
    ("", r"bowl.*|basin|ashtray|hashtray|squeezer", "bowl"),
    ("", r"plate.*|oval plate|tray|sushi tray|chopping board", "plate"),
    ("", r"large pan|stone grill device", "pan"),
    ("", r"sugar|salt shaker|spice tower|medicine b.*|butter|yogurt.*", "can"),
    ("", r"apples", "fruit"),
    ("", r"bread|cup cake|hot dog|hamburger|birthday cake|french fries|roasted chicken|steak", "food"),
    ("", r"box|cardboard box|open cardboard box|gift|card game|shipping container", "box"),
    ("", r"clothes basket|shopping basket|penbox|utensils pot|knife stand|paper towel holder", "basket"),
    ("", r".*teddy bear|rocking horse|doll.*|wood toy|toy train|car model|biplane|puzzle|"
         r"rubik.*|xylophone|chessboard|tricycle|motorbike", "toy"),
    ("", r"basketball|soccer ball", "ball"),
    ("", r"hammer|drill|grinder|saw|screwdriver|cutting pliers|tape.*|stapler|scissors|kitchen (tools|scale)"
         r"|.*scale|tool|reflex camera|headphones|joystick|sunglasses|glasses|flashlight", "tool"),
    ("", r"backpack|handbag|briefcase|suitcase|trunck|sleeping bag", "bag"),
    ("", r"sneakers|mocassin|woman shoes|slippers|bootie|hat|cap|helmet", "shoe"),
    ("", r"dustbin|.*trash ?can|recycling bin", "bin"),
    ("", r"camera", "tool"),
    ("", r"broom|shovel", "broom"),
    ("", r".*step ladder", "ladder"),
    ("", r"pallet", "pallet"),
    ("", r"crate", "crate"),
    ("", r"barrel", "barrel"),
    ("", r"wheelbarrow|stroller|mower", "trolley"),
    ("", r"fork lift", "forklift"),
    ("", r"extinguisher", "extinguisher"),
    ("Doors and windows", r"(?!window shutter).*window.*", "window"),
    ("Doors and windows", r".*door.*", "door"),
    ("Staircases", r"spiral staircase", "stairs"),
    ("", r"fence|iron railing|pedestrian railing", "fence"),
    ("", r"upright piano|grand piano", "piano"),
    ("", r"electric guitar", "instrument"),
    ("", r"tennis racket|abdominal bench|fitness tower|treadmill|indoor bike|punching ball|"
         r"skateboard|table tennis bat|football goal|trampoline", "sport"),
    ("", r"bicycle|bike", "bicycle"),
    ("Characters", r".*(boy|girl|male).*", "person"),
    ("Characters", r"chicken|horse|bulldog|siamese cat|cat|dog|rabbit", "animal"),
    ("", r"scooter|yamaha.*", "motorcycle"),
    ("Vehicles", r"truck", "truck"),
    ("Vehicles", r"bus|city bus", "bus"),
    ("Vehicles", r"van", "van"),
    ("Vehicles", r"ford.*|concept.*|vw.*|chevrolet|peugeot.*|renault.*|suv|seat.*|smart.*", "car"),
    ("", r"fire hydrant", "hydrant"),
    ("", r"mailbox|letters box", "mailbox"),
    ("", r"cone", "bollard"),
)  # fmt: skip
_RULES = tuple((category, re.compile(names, re.I), kind) for category, names, kind in RULES)


def kind_of(item: Item) -> str | None:
    """Our kind of a piece; None for what scenes have no use for (sockets, pools, markings, ...)."""
    if item.name.strip().lower() == "lamp":
        return "lamp_ceiling" if item.elevation > 1.2 else "lamp_floor" if item.size[2] > 1.0 else "lamp_table"
    for category, names, kind in _RULES:
        if category in ("", item.category) and names.fullmatch(item.name.strip()):
            return kind if fits(kind, item.size) else None
    return None


# Largest extents that a kind may have, and least ones, metres: hobs are no cookers, kick scooters no motorcycles.
LEAST = {"oven": 0.25, "motorcycle": 1.1, "bed": 1.0, "car": 2.0, "rug": 0.4, "radiator": 0.3}
MOST = {"box": 1.0, "bottle": 0.5, "toy": 1.2, "tool": 0.7, "phone": 0.4, "bowl": 0.6}


def fits(kind: str, size: tuple[float, float, float]) -> bool:
    """Whether a model of this size can be of a kind."""
    tall = size[2] if kind == "oven" else max(size)
    return LEAST.get(kind, 0.0) <= tall <= MOST.get(kind, 20.0)
