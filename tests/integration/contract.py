# SPDX-License-Identifier: LGPL-2.1-or-later
"""The members of the bus interface, from the files that are shipped, and how to find those that a
test has left out."""

import glob
import os
import re
import xml.etree.ElementTree as ElementTree

import dbus
from harness import NAME, TOP, check

CHANGES = "org.freedesktop.DBus.Property.EmitsChangedSignal"
CODES = (
    (dbus.Boolean, "b"), (dbus.Int32, "i"), (dbus.UInt32, "u"), (dbus.UInt64, "t"),
    (dbus.ObjectPath, "o"), (dbus.String, "s"),
)


def interfaces():
    """Returns {"Manager": its element of the introspection data, ...}."""
    found = {}
    for path in glob.glob(os.path.join(TOP, "dbus", NAME + ".*.xml")):
        for element in ElementTree.parse(path).iter("interface"):
            found[element.get("name").rpartition(".")[2]] = element
    return found


def members(kind):
    """Returns {("Manager", "Claim"): its element, ...} of a kind: method, signal or property."""
    return {
        (name, element.get("name")): element
        for name, interface in interfaces().items() for element in interface.iter(kind)
    }


def emits(element):
    """Returns whether a change of the property is announced."""
    for annotation in element.iter("annotation"):
        if annotation.get("name") == CHANGES:
            return annotation.get("value") == "true"
    return True


def errors():
    """Returns the names of errors that the manual page lists, without the first part."""
    with open(os.path.join(TOP, "man", NAME + ".5"), encoding="utf-8") as page:
        section = page.read().partition(".SH ERRORS")[2].partition("A caller without")[0]
    names = re.findall(r"^\.BR? (.*)$", section, re.MULTILINE)
    return {
        name for line in names for name in re.findall(r"\b[A-Z][A-Za-z]+\b", line)
        if not line.startswith(NAME)
    }


def check_complete(what, wanted, tested):
    """Each member has a test, and each test is of a member."""
    check(f"each {what} has a test", not set(wanted) - set(tested), set(wanted) - set(tested))
    check(f"each test is of a {what}", not set(tested) - set(wanted), set(tested) - set(wanted))


def signature(value):
    """Returns the D-Bus signature of a value that was received."""
    if isinstance(value, dbus.Array):
        return "a" + str(value.signature)
    if isinstance(value, dbus.Dictionary):
        return "a{" + str(value.signature) + "}"
    if isinstance(value, tuple):
        return "(" + "".join(signature(item) for item in value) + ")"
    return next(code for kind, code in CODES if isinstance(value, kind))
