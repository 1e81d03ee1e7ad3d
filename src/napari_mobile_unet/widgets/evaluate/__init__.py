"""The dock *Evaluate*: how good labels are."""
