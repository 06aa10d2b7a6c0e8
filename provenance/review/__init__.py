"""The review page: a local web page on which a person looks at pictures and says what they show."""
