"""What a learner's notebook does besides learning: check answers, give hints, hand in."""
