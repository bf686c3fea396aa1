"""The synthetic county the project makes for itself, and pictures as a camera or a scanner would see them.

What passes through: a seed. Out come a county's people, contracts and a week of repayments (`county.make_county`),
the files offices send each other (`county.write_county`), photos of signed slips and stamped scans (`pictures`).
The same seed gives the same bytes. Nobody in it lives anywhere: 青槐县 and area code 610599 are not assigned, phone
numbers lie in a block nobody had in 2019, the only stamp that is ever drawn says 样章.
"""
