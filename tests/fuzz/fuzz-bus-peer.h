/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The other end of the daemon's connection: a bus with polkit and a few clients.
 *
 * A script has a line for each message, its words separated by blanks ("%20" is a blank in a word).
 * At an empty line it waits until the daemon has nothing left to do.
 *
 *	SENDER PATH INTERFACE MEMBER [SIGNATURE [VALUE...]]
 *	polkit yes|no|password|error|silent		(how polkit answers from here on)
 *
 * SENDER is a digit, the number of a client, or "bus". "!" behind it makes the message a signal,
 *"-" a call that expects no reply, "+" one that lets polkit ask for a password. PATH and INTERFACE
 *may be abbreviated, see peer_paths and peer_interfaces. A value of an array is the number of its
 * elements, that of a variant its signature; the values inside follow.
 */

#include <stdbool.h>

struct fuzz_bus_peer;

/* Takes @fd over. */
struct fuzz_bus_peer *fuzz_bus_peer_new(int fd);
struct fuzz_bus_peer *fuzz_bus_peer_free(struct fuzz_bus_peer *peer);

/* Handles one message of the daemon. False: there is none. */
bool fuzz_bus_peer_process(struct fuzz_bus_peer *peer);
/*
 * Sends the messages of @script up to an empty line. Returns the rest of the script, NULL at its
 * end. Changes @script.
 */
char *fuzz_bus_peer_send(struct fuzz_bus_peer *peer, char *script);
