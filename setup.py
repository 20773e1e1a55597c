"""What `setup.cfg` says, and one thing more: an editable install has the manual, too.

setuptools means to install data files there, but asks for `has_data`, which is
called `has_data_files`; and without its page `git oneshot --help` says nothing.
"""

from setuptools import Distribution, setup

Distribution.has_data = Distribution.has_data_files
setup()
