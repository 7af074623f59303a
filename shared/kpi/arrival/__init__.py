"""Did the day's rows come: in time, whole, and in the shape they always had?"""
