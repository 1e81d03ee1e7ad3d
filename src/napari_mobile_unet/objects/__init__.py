"""Objects: one id each, cut apart, compared and measured."""
