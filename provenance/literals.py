"""The words of the domain as type checkers know them, for arguments that take an enum or its word.

`purpose="MODEL_TRANING"` is then an error before anything runs. Each list is the enum's, which a test holds.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

PurposeName: TypeAlias = Literal[
    "MODEL_TRAINING",
    "MODEL_EVALUATION",
    "GENERATIVE_IMAGE_TRAINING",
    "FACE_RECOGNITION_TRAINING",
    "FACE_RECOGNITION_DATABASE",
    "BIOMETRIC_CATEGORISATION",
    "EMOTION_RECOGNITION",
    "IDENTITY_VERIFICATION",
    "AGE_VERIFICATION",
    "SCIENTIFIC_RESEARCH",
    "ACADEMIC_RESEARCH",
    "NON_COMMERCIAL_RESEARCH",
    "COMMERCIAL_RESEARCH",
    "PUBLIC_SECURITY",
    "DATASET_PUBLICATION",
    "WEBSITE_DISPLAY",
    "SEXUALISED_IMAGERY",
    "LEGAL_COMPLIANCE",
]

FailOn: TypeAlias = Literal["REVIEW", "BLOCK"]

HashName: TypeAlias = Literal["sha256", "phash256", "pdq"]

ListPurposeName: TypeAlias = Literal["suppression", "illegal"]

SourceName: TypeAlias = Literal["manifest", "register", "collection", "request"]
