# Stands behind every script.
for name, value in told:
    print("%s=%s" % (name, value))
