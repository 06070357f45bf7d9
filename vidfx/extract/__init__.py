"""Data sets out of videos and photographs: face crops with labels.

``extract`` goes over all sources, ``source`` reads one, ``crop_selection`` chooses its faces and
``dataset_writer`` keeps them. Faces are found by the pipeline of vidfx.annotation; with ``--from``,
``corrected_source`` takes boxes and labels that people gave, which ``cvat_boxes`` reads.
vidfx_training trains on the crops. ``recut`` cuts the faces of a data set that is there already
again.
"""
