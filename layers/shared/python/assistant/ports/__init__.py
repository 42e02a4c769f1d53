"""What the use cases need from the world, a module for each subject. Adapters implement these; fakes do in tests.

A port raises ``Unavailable`` when what stands behind it is down, and nothing else of its own but what it documents.
"""
