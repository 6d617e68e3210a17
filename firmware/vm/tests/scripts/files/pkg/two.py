from pkg.one import name as one_name
value = 2
