"""Microsoft Presidio on every string of a payload: its pattern recognizers, no language model.

A model cannot be had from a package registry alone, so names of people and places are not looked
for. The recognizers of dates and of URLs are taken out: with them nearly every payload of an agent
would lose its timestamps and its links.
"""

import spacy
import tldextract.tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from presidio_anonymizer import AnonymizerEngine

from runner import answer, walk

THRESHOLD = 0.4
TAKEN_OUT = {"DateRecognizer", "UrlRecognizer", "SpacyRecognizer"}


class BlankEngine(SpacyNlpEngine):
    """English words, and nothing learnt."""

    def __init__(self) -> None:
        super().__init__(ner_model_configuration=NerModelConfiguration())
        self.nlp = {"en": spacy.blank("en")}


def engine() -> AnalyzerEngine:
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    for recognizer in list(registry.recognizers):
        if recognizer.name in TAKEN_OUT:
            registry.remove_recognizer(recognizer.name)
    return AnalyzerEngine(registry=registry, nlp_engine=BlankEngine(), supported_languages=["en"])


def main() -> None:
    # The list of top-level domains that it comes with; else it would ask the network for a newer one.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())
    analyzer, anonymizer = engine(), AnonymizerEngine()

    def redact(text: str) -> str:
        found = analyzer.analyze(text, language="en", score_threshold=THRESHOLD)
        return anonymizer.anonymize(text, found).text if found else text

    answer("output", lambda value: walk(value, redact))


if __name__ == "__main__":
    main()
