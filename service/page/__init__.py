"""The page at /: speaks what is typed, in a browser.

page_routes    its addresses and headers
static         its files: HTML, style, scripts; no build step
"""
