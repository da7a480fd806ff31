"""What a lab's author imports: names only."""
