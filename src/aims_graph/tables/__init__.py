"""Answers as tables that fit a terminal."""
