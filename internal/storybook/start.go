package main

func startStories() []Story { return nil }
