"""The words of the domain: every enum of the exchange formats, with its W3C DPV 2.3 terms.

Source: Data Privacy Vocabulary 2.3 (w3c-cg/dpv, July 2026). A term without IRIs has no DPV equivalent.

>>> LawfulBasis.CONTRACT.iris
('dpv:ContractPerformance', 'eu-gdpr:A6-1-b')
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import Final, Self

PREFIXES: Final = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "eu-aiact": "https://w3id.org/dpv/legal/eu/aiact#",
    "ai": "https://w3id.org/dpv/ai#",
    "pd": "https://w3id.org/dpv/pd#",
    "loc": "https://w3id.org/dpv/loc#",
}
"""What the prefixes of the IRIs stand for."""


class Term(StrEnum):
    """A word of the vocabulary that knows its compact DPV IRIs."""

    iris: tuple[str, ...]

    def __new__(cls, code: str, *iris: str) -> Self:
        term = str.__new__(cls, code)
        term._value_ = code
        term.iris = iris
        return term


class LawfulBasis(Term):
    """Why a person's image may be used: the bases that at least one jurisdiction knows.

    >>> LawfulBasis.CONTRACT.iris
    ('dpv:ContractPerformance', 'eu-gdpr:A6-1-b')
    """

    EXPLICIT_CONSENT = (
        "EXPLICIT_CONSENT",
        "dpv:ExplicitlyExpressedConsent",
        "eu-gdpr:A6-1-a-explicit-consent",
        "eu-gdpr:A9-2-a",
    )
    CONSENT = "CONSENT", "dpv:ExpressedConsent", "eu-gdpr:A6-1-a"
    IMPLIED_CONSENT = "IMPLIED_CONSENT", "dpv:ImpliedConsent"
    GUARDIAN_CONSENT = "GUARDIAN_CONSENT", "dpv:Consent", "dpv:GuardianOfDataSubject", "dpv:ParentOfDataSubject"
    CONTRACT = "CONTRACT", "dpv:ContractPerformance", "eu-gdpr:A6-1-b"
    LEGAL_OBLIGATION = "LEGAL_OBLIGATION", "dpv:LegalObligation", "eu-gdpr:A6-1-c"
    VITAL_INTEREST = "VITAL_INTEREST", "dpv:VitalInterest", "eu-gdpr:A6-1-d"
    PUBLIC_INTEREST = "PUBLIC_INTEREST", "dpv:PublicInterest", "eu-gdpr:A6-1-e-public-interest"
    OFFICIAL_AUTHORITY = "OFFICIAL_AUTHORITY", "dpv:OfficialAuthorityOfController", "eu-gdpr:A6-1-e-official-authority"
    LEGITIMATE_INTEREST = "LEGITIMATE_INTEREST", "dpv:LegitimateInterest", "eu-gdpr:A6-1-f"
    RESEARCH_EXEMPTION = "RESEARCH_EXEMPTION", "eu-gdpr:A9-2-j"
    STATUTORY_PUBLICLY_AVAILABLE = "STATUTORY_PUBLICLY_AVAILABLE"
    NONE = "NONE"


CONSENTS: Final = frozenset(
    {
        LawfulBasis.EXPLICIT_CONSENT,
        LawfulBasis.CONSENT,
        LawfulBasis.IMPLIED_CONSENT,
        LawfulBasis.GUARDIAN_CONSENT,
    }
)
"""The bases that are somebody's consent, of whatever kind."""


class NonBasis(Term):
    """What people offer in place of a lawful basis; never enough on its own.

    >>> NonBasis.COPYRIGHT_LICENCE.iris
    ('dpv:LicenseAgreement',)
    """

    PUBLICLY_AVAILABLE = "PUBLICLY_AVAILABLE", "dpv:PublicDataSource"
    SELF_PUBLISHED = "SELF_PUBLISHED", "dpv:DataPublishedByDataSubject"
    COPYRIGHT_LICENCE = "COPYRIGHT_LICENCE", "dpv:LicenseAgreement"
    PLATFORM_TERMS = "PLATFORM_TERMS"


class ConsentStatus(Term):
    """The state that an event of a basis record brings about.

    >>> ConsentStatus("WITHDRAWN").iris
    ('dpv:ConsentWithdrawn',)
    """

    UNKNOWN = "UNKNOWN", "dpv:ConsentUnknown"
    REQUESTED = "REQUESTED", "dpv:ConsentRequested"
    REFUSED = "REFUSED", "dpv:ConsentRefused"
    GIVEN = "GIVEN", "dpv:ConsentGiven"
    RENEWED = "RENEWED", "dpv:RenewedConsentGiven"
    WITHDRAWN = "WITHDRAWN", "dpv:ConsentWithdrawn"
    REVOKED_BY_CONTROLLER = "REVOKED_BY_CONTROLLER", "dpv:ConsentRevoked"
    EXPIRED = "EXPIRED", "dpv:ConsentExpired"
    INVALIDATED = "INVALIDATED", "dpv:ConsentInvalidated"


class Purpose(Term):
    """What the dataset is built for.

    >>> Purpose.MODEL_TRAINING == "MODEL_TRAINING"
    True
    """

    MODEL_TRAINING = "MODEL_TRAINING", "ai:ModelTraining", "dpv:ResearchAndDevelopment"
    MODEL_EVALUATION = "MODEL_EVALUATION", "ai:TestingData"
    GENERATIVE_IMAGE_TRAINING = "GENERATIVE_IMAGE_TRAINING", "ai:ImageGeneration"
    FACE_RECOGNITION_TRAINING = "FACE_RECOGNITION_TRAINING", "ai:FaceRecognition"
    FACE_RECOGNITION_DATABASE = (
        "FACE_RECOGNITION_DATABASE",
        "ai:BiometricIdentification",
        "eu-aiact:ProhibitedAISystem-A5-1-e",
    )
    BIOMETRIC_CATEGORISATION = "BIOMETRIC_CATEGORISATION", "ai:BiometricCategorisation"
    EMOTION_RECOGNITION = "EMOTION_RECOGNITION", "ai:EmotionRecognition"
    IDENTITY_VERIFICATION = "IDENTITY_VERIFICATION", "dpv:IdentityVerification"
    AGE_VERIFICATION = "AGE_VERIFICATION", "dpv:AgeVerification"
    SCIENTIFIC_RESEARCH = "SCIENTIFIC_RESEARCH", "dpv:ScientificResearch"
    ACADEMIC_RESEARCH = "ACADEMIC_RESEARCH", "dpv:AcademicResearch"
    NON_COMMERCIAL_RESEARCH = "NON_COMMERCIAL_RESEARCH", "dpv:NonCommercialResearch"
    COMMERCIAL_RESEARCH = "COMMERCIAL_RESEARCH", "dpv:CommercialResearch"
    PUBLIC_SECURITY = "PUBLIC_SECURITY", "dpv:ProtectionOfPublicSecurity"
    DATASET_PUBLICATION = "DATASET_PUBLICATION"
    WEBSITE_DISPLAY = "WEBSITE_DISPLAY"
    SEXUALISED_IMAGERY = "SEXUALISED_IMAGERY"
    """Named in order to be refused: no basis carries it (AI Act Art. 5(1) as amended in 2026)."""
    LEGAL_COMPLIANCE = "LEGAL_COMPLIANCE", "dpv:LegalCompliance"


class ProtectedGroup(Term):
    """Groups whose members need more care. Declared by a record or a reviewer, never inferred.

    >>> ProtectedGroup("CHILD").iris
    ('dpv:Child',)
    """

    CHILD = "CHILD", "dpv:Child"
    LACKS_CAPACITY = "LACKS_CAPACITY", "dpv:MentallyVulnerableHuman"
    PATIENT = "PATIENT", "dpv:Patient"
    VICTIM = "VICTIM"
    INDIGENOUS = "INDIGENOUS"
    EMPLOYEE = "EMPLOYEE", "dpv:Employee"
    JOB_APPLICANT = "JOB_APPLICANT", "dpv:JobApplicant"
    STUDENT = "STUDENT", "dpv:Student"
    ASYLUM_SEEKER = "ASYLUM_SEEKER", "dpv:AsylumSeeker"
    REFUGEE = "REFUGEE"
    IMMIGRANT = "IMMIGRANT", "dpv:Immigrant"
    ELDERLY = "ELDERLY", "dpv:ElderlyHuman"
    DETAINEE = "DETAINEE"
    OTHER_VULNERABLE = "OTHER_VULNERABLE", "dpv:VulnerableHuman"


class ContentCategory(Term):
    """What a picture shows that asks for more than a plain basis (GDPR Art. 9 and 10 and their like).

    >>> ContentCategory("RELIGION").iris
    ('pd:Religion',)
    """

    HEALTH = "HEALTH", "dpv:HealthRecord"
    RELIGION = "RELIGION", "pd:Religion"
    ETHNICITY = "ETHNICITY", "pd:EthnicOrigin"
    POLITICS = "POLITICS", "pd:PoliticalAffiliation"
    TRADE_UNION = "TRADE_UNION", "pd:TradeUnionMembership"
    SEX_LIFE = "SEX_LIFE", "pd:Sexual"
    BIOMETRIC = "BIOMETRIC", "pd:Biometric"
    GENETIC = "GENETIC", "pd:Genetic"
    CRIMINAL = "CRIMINAL", "pd:Criminal"
    INDIGENOUS_CULTURAL = "INDIGENOUS_CULTURAL"
    SENSITIVE = "SENSITIVE", "dpv:SensitivePersonalData"


class AgeStatus(Term):
    """How much is known about a person's age.

    >>> AgeStatus("MINOR_APPARENT").value
    'MINOR_APPARENT'
    """

    ADULT_VERIFIED = "ADULT_VERIFIED", "dpv:Adult"
    ADULT_DECLARED = "ADULT_DECLARED"
    MINOR_VERIFIED = "MINOR_VERIFIED", "dpv:Child"
    MINOR_APPARENT = "MINOR_APPARENT"
    UNKNOWN = "UNKNOWN"


class EvidenceKind(Term):
    """What a piece of evidence is.

    >>> EvidenceKind.MODEL_RELEASE.iris
    ('dpv:LegalAgreement',)
    """

    CONSENT_RECORD = "CONSENT_RECORD", "dpv:ConsentRecord"
    CONSENT_RECEIPT = "CONSENT_RECEIPT", "dpv:ConsentReceipt"
    CONSENT_NOTICE = "CONSENT_NOTICE", "dpv:ConsentNotice"
    PRIVACY_NOTICE = "PRIVACY_NOTICE", "dpv:PrivacyNotice"
    MODEL_RELEASE = "MODEL_RELEASE", "dpv:LegalAgreement"
    GUARDIAN_AUTHORITY = "GUARDIAN_AUTHORITY"
    DATA_SUBJECT_CONTRACT = "DATA_SUBJECT_CONTRACT", "dpv:DataSubjectContract"
    COPYRIGHT_LICENCE = "COPYRIGHT_LICENCE", "dpv:LicenseAgreement"
    LEGITIMATE_INTEREST_ASSESSMENT = "LEGITIMATE_INTEREST_ASSESSMENT", "dpv:LegitimateInterestAssessment"
    DPIA = "DPIA", "dpv:DPIA"
    ETHICS_APPROVAL = "ETHICS_APPROVAL"
    REGULATOR_DECLARATION = "REGULATOR_DECLARATION"
    REGULATOR_ORDER = "REGULATOR_ORDER"
    COMMUNITY_AUTHORISATION = "COMMUNITY_AUTHORISATION"
    PUBLIC_SOURCE_CAPTURE = "PUBLIC_SOURCE_CAPTURE", "dpv:PublicDataSource"
    UPSTREAM_PROVENANCE = "UPSTREAM_PROVENANCE", "dpv:ThirdPartyDataSource"
    SYNTHESIS_RECORD = "SYNTHESIS_RECORD", "dpv:SyntheticData"
    ANONYMISATION_RECORD = "ANONYMISATION_RECORD", "dpv:AnonymisedData"
    DEATH_RECORD = "DEATH_RECORD"
    HUMAN_REVIEW = "HUMAN_REVIEW", "dpv:ReviewProcedure"
    RIGHTS_REQUEST = "RIGHTS_REQUEST", "dpv:RightExerciseRecord"
    PROCESSING_RECORD = "PROCESSING_RECORD", "dpv:DataProcessingRecord"


class Decision(Term):
    """The outcome for an image (DPV audit terms). INFO is the effect of a single reason only.

    >>> max(Decision.ALLOW, Decision.REVIEW, key=lambda decision: decision.severity).value
    'REVIEW'
    """

    INFO = "INFO"
    ALLOW = "ALLOW", "dpv:AuditApproved"
    ALLOW_BY_REVIEW = "ALLOW_BY_REVIEW", "dpv:AuditConditionallyApproved"
    REVIEW = "REVIEW", "dpv:AuditRequired"
    BLOCK = "BLOCK", "dpv:AuditRejected"

    @property
    def severity(self) -> int:
        """0 for the mildest; the worst decision of several is the one with the highest severity."""
        return _SEVERITY[self]


class AcquisitionMethod(Term):
    """How an image was obtained.

    >>> AcquisitionMethod("LICENSED").value
    'LICENSED'
    """

    DIRECT_FROM_PERSON = "DIRECT_FROM_PERSON"
    USER_SUBMITTED = "USER_SUBMITTED"
    LICENSED = "LICENSED"
    PARTNER_SUPPLIED = "PARTNER_SUPPLIED"
    TARGETED_COLLECTION = "TARGETED_COLLECTION"
    UNTARGETED_SCRAPE = "UNTARGETED_SCRAPE"
    THIRD_PARTY_DATASET = "THIRD_PARTY_DATASET"
    PUBLIC_ARCHIVE = "PUBLIC_ARCHIVE"
    GENERATED = "GENERATED"
    UNKNOWN = "UNKNOWN"


class AccessState(Term):
    """Who could see an image at its source when it was captured.

    >>> [state.value for state in AccessState]
    ['PUBLIC', 'LOGIN', 'UNLISTED', 'UNKNOWN']
    """

    PUBLIC = "PUBLIC"
    LOGIN = "LOGIN"
    UNLISTED = "UNLISTED"
    UNKNOWN = "UNKNOWN"


class PersonsStatus(Term):
    """Whether a natural person is shown.

    >>> [status.value for status in PersonsStatus]
    ['NONE', 'PRESENT', 'UNKNOWN']
    """

    NONE = "NONE"
    PRESENT = "PRESENT"
    UNKNOWN = "UNKNOWN"


class ConsentForm(Term):
    """How a consent was expressed.

    >>> ConsentForm.EXPRESS.iris
    ('dpv:ExpressedConsent',)
    """

    EXPRESS = "EXPRESS", "dpv:ExpressedConsent"
    IMPLIED = "IMPLIED", "dpv:ImpliedConsent"


class GiverRole(Term):
    """Who gave a consent, seen from the person shown.

    >>> GiverRole.GUARDIAN.iris
    ('dpv:GuardianOfDataSubject',)
    """

    SELF = "SELF", "dpv:DataSubject"
    GUARDIAN = "GUARDIAN", "dpv:GuardianOfDataSubject"
    REPRESENTATIVE = "REPRESENTATIVE", "dpv:Representative"


_SEVERITY: Final = {
    Decision.INFO: 0,
    Decision.ALLOW: 1,
    Decision.ALLOW_BY_REVIEW: 2,
    Decision.REVIEW: 3,
    Decision.BLOCK: 4,
}

JURISDICTIONS: Final = (
    "CA",
    "CA-QC",
    "CA-BC",
    "CA-AB",
    "EU",
    "EU-AIA",
    "GB",
    "US",
    "US-IL",
    "US-TX",
    "US-CA",
    "AU",
    "BR",
    "IN",
    "JP",
    "KR",
)
"""The jurisdictions that ship with a pack of their own."""

# fmt: off
EU_MEMBER_STATES: Final = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)
# fmt: on
"""EU and EEA states: `EU-DE` is Germany, which inherits `EU` and sets its own age. `DE` names it as well."""

UNKNOWN_JURISDICTION: Final = "UNKNOWN"

OWN_JURISDICTIONS: Final = (*JURISDICTIONS, *(f"EU-{state}" for state in EU_MEMBER_STATES), UNKNOWN_JURISDICTION)
"""The codes that have a pack of their own or, for UNKNOWN, a meaning of their own."""

ADULT_AGE: Final = 18
"""Under it a person is a minor, everywhere (UNCRC art. 1). Older ages are stored as 18: no rule tells them apart."""


def canonical_jurisdiction(code: str) -> str:
    """The one spelling of a jurisdiction: a member state of the Union has two, `DE` and `EU-DE`.

    >>> canonical_jurisdiction("DE"), canonical_jurisdiction("CA-ON")
    ('EU-DE', 'CA-ON')
    """
    return f"EU-{code}" if code in EU_MEMBER_STATES else code


def jurisdiction_and_wholes(code: str) -> tuple[str, ...]:
    """A jurisdiction, and every whole that it is a part of, the nearest first.

    >>> jurisdiction_and_wholes("DE-BY"), jurisdiction_and_wholes("CA-ON")
    (('DE-BY', 'EU-DE', 'EU'), ('CA-ON', 'CA'))
    """
    parts = code.split("-")
    found = [canonical_jurisdiction("-".join(parts[:length])) for length in range(len(parts), 0, -1)]
    return (*found, "EU") if found[-1].startswith("EU-") else tuple(found)


def lies_within(part: str, whole: str) -> bool:
    """Whether a jurisdiction is another, or a part of it.

    >>> lies_within("CA-ON", "CA"), lies_within("CA", "CA-ON")
    (True, False)
    """
    return canonical_jurisdiction(whole) in jurisdiction_and_wholes(part)


def overlap(one: str, other: str) -> bool:
    """Whether two jurisdictions are one, or one is a part of the other.

    >>> overlap("CA-ON", "CA"), overlap("CA", "CA-QC"), overlap("CA-ON", "CA-QC")
    (True, True, False)
    """
    return lies_within(one, other) or lies_within(other, one)


def is_jurisdiction(code: str) -> bool:
    """Whether a code names a jurisdiction: one that ships with a pack, or any of ISO 3166-1 and 3166-2.

    >>> is_jurisdiction("NZ"), is_jurisdiction("CA-ON"), is_jurisdiction("UK")
    (True, True, False)
    """
    # The list is long, and most collections are in places that need no look into it.
    return code in OWN_JURISDICTIONS or (_ISO_3166.fullmatch(code) is not None and code in _iso_3166())


def known_jurisdictions() -> tuple[str, ...]:
    """Every jurisdiction code that can be declared without a pack of the user's own; some 5,300."""
    return (*OWN_JURISDICTIONS, *sorted(_iso_3166().difference(OWN_JURISDICTIONS)))


@cache
def _iso_3166() -> frozenset[str]:
    import pycountry

    countries = (country.alpha_2 for country in pycountry.countries)
    return frozenset((*countries, *(part.code for part in pycountry.subdivisions)))


_ISO_3166: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)
