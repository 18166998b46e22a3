"""Archives: files of posts in many forms, read line by line."""
