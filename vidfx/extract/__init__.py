"""Data sets out of videos and photographs: face crops with labels.

``extract`` goes over all sources, ``source`` reads one, ``crop_selection`` chooses its faces and
``dataset_writer`` keeps them. With ``--from``, ``corrected_source`` takes the boxes and labels of
people, which ``cvat_boxes`` reads. Else faces are found by the pipeline of vidfx.annotate; vidfx_training
trains on the crops. ``recut`` cuts the faces of a data set that is there already again.
"""
