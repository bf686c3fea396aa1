"""The project's synthetic county, and pictures as a camera or a scanner takes them.

Takes a seed and makes a county's people, contracts and a week of repayments
(`county.make_county`), the files offices send each other (`county.write_county`), photos of signed
slips and stamped scans (`pictures`). The same seed gives the same bytes. Nobody in it exists:
青槐县 and area code 610599 are not assigned, phone numbers are in a block nobody had in 2019, and
the only stamp that is ever drawn says 样章.
"""
