"""The page at /: speaks what is typed, in a browser.

page_routes    its addresses and headers
static         its files: HTML, style, scripts; no build step

`static/main.js` holds the page together; `static/speech.js` is the only script that knows the API.
`make test-browser` tests it in Chromium.
"""
