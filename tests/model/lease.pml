/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One device, the daemon that lends it, its worker, a holder, and a crash of the daemon at any moment. docs/lease.md explains the lease,
 * src/daemon/lease/lease-fsm.h has its states; tests/check-model has spin prove what stands at the end.
 *
 * What is left out is what does not matter for these: several devices go the same way one after the other, and several holders of copies of one descriptor
 * are one holder that closes them all.
 */

#define CRASHES	 2
#define FAILURES 2 /* of steps: more of them need more luck, not other states */

mtype = { HOST, NOBODY, VFIO };			/* who drives the device */
mtype = { NONE, CLAIMING, CLAIMED, RELEASING, DIRTY };	/* the phase on disk */
mtype = { FREE, CLAIM, CANCELLED, LEASED, RELEASE, DRAINING, STUCK, QUARANTINED }; /* the lease in the daemon's memory */
mtype = { DONE, FAILED, BUSY, UNCLEAN };		/* what a worker says at its end */

mtype device = HOST;
mtype record = NONE;
mtype lease = FREE;

bool used = false;	/* in the record: it has been handed over */
bool soiled = false;	/* somebody has had it open since its last reset */
bool has_pipe = false;	/* the holder has the write end of the lease's pipe */
bool has_open = false;	/* the holder has the device open */
bool offered = false;	/* the reply with both is under way */
bool wants = false;	/* a claim has been asked for and not been answered */
bool holder_ended = false;
byte workers = 0;	/* those that may still touch the device */
byte crashes = 0, failures = 0;
byte generation = 0;	/* of daemons */
bool node_held = false;	/* a worker has opened the node of the IOMMU group, which lets in one at a time */

chan said = [1] of { mtype };
chan orders[3] = [1] of { mtype }; /* CRASHES and one more */

#define IN_USE	 (has_open)
#define IS_HELD	 (has_pipe || offered)

/* The lock on a byte of the run directory: a worker waits for the end of the one of an earlier daemon. */
inline take_lock()
{
	atomic { (workers == 0); workers++ }
}

/* A daemon that was killed has no reader for it. */
inline say(what)
{
	atomic {
		workers--;
		node_held = false;
		if :: mine == generation -> said!what :: else fi
	}
}

/* One step: done; failed; or its worker is killed before or after it, with its daemon or alone. */
inline step(target)
{
	if
	:: atomic { device = target }
	:: atomic { failures < FAILURES -> failures++; say(FAILED); goto idle }
	:: atomic { failures < FAILURES -> failures++; device = target; say(FAILED); goto idle }
	fi
}

/* It works, and that is proven; or nobody may have the device. */
inline reset(what_is_left)
{
	if
	:: soiled = what_is_left
	:: atomic { failures < FAILURES -> failures++; say(UNCLEAN); goto idle }
	fi
}

inline claim_device()
{
	if
	:: atomic { IN_USE -> say(BUSY); goto idle }
	:: else
	fi;
	step(NOBODY);
	step(VFIO);
	reset(soiled);
	say(DONE)
}

inline release_device()
{
	/* the group's node is opened: nobody else can open the device until the end */
	atomic {
		if
		:: IN_USE -> say(BUSY); goto idle
		:: else -> node_held = true
		fi
	};
	/* before its driver lets it go */
	if
	:: device == VFIO && used -> reset(false)
	:: else
	fi;
	if
	:: device == VFIO -> step(NOBODY)
	:: else
	fi;
	step(HOST);
	say(DONE)
}

/*
 * All the workers of one daemon, since it has no two at a time. One whose daemon was killed is killed, too, unless it sleeps in the kernel: it does
 * not begin what it has not begun, but what it has begun may still happen, whenever that is.
 */
proctype worker(byte mine)
{
	mtype what;

idle:	do
	:: orders[mine]?what ->
		take_lock();
		if
		:: atomic { mine != generation -> say(FAILED); goto idle }
		:: mine == generation && what == CLAIM -> claim_device()
		:: mine == generation && what == RELEASE -> release_device()
		fi
	od
}

inline start_release()
{
	record = RELEASING;
	lease = RELEASE;
	orders[generation]!RELEASE
}

/* One daemon after the other. All that it knows goes with it; records, devices and holders stay. */
proctype daemon()
{
	mtype what;

begin:	/* what an earlier one left */
	atomic {
		if
		:: record == NONE -> lease = FREE
		:: record == CLAIMED && IS_HELD -> lease = LEASED
		:: record == DIRTY -> lease = QUARANTINED
		:: else -> start_release()
		fi
	};
	do
	:: atomic { lease == FREE && wants -> record = CLAIMING; lease = CLAIM; orders[generation]!CLAIM }
	/* the claimer goes before it has an answer */
	:: atomic { lease == CLAIM && !wants -> lease = CANCELLED }
	:: atomic { said?what ->
		if
		:: lease == CLAIM && what == DONE ->
			record = CLAIMED; used = true; lease = LEASED;
			assert(!IN_USE && device == VFIO);
			/* the reply may not get through, and does not to one who is gone: then the pipe is closed */
			if :: wants -> offered = true :: skip fi;
			wants = false
		:: lease == CLAIM && what == FAILED -> wants = false; start_release()
		:: (lease == CLAIM || lease == CANCELLED) && what == BUSY -> wants = false; record = NONE; lease = FREE
		:: lease == CANCELLED && (what == DONE || what == FAILED) -> start_release()
		:: what == UNCLEAN -> wants = false; record = DIRTY; lease = QUARANTINED
		:: lease == RELEASE && what == DONE ->
			/* no success before it was read back */
			if
			:: device == HOST -> record = NONE; used = false; lease = FREE
			:: else -> lease = STUCK
			fi
		:: lease == RELEASE && what == FAILED -> lease = STUCK
		:: lease == RELEASE && what == BUSY -> lease = DRAINING
		fi
	   }
	:: atomic { lease == LEASED && !IS_HELD -> start_release() }
	/* an administrator asks for it while it is held */
	:: atomic { lease == LEASED && IS_HELD && !offered -> start_release() }
	:: atomic { lease == DRAINING && !IN_USE -> start_release() }
	:: atomic { lease == STUCK -> start_release() }
	/* an administrator has it reset again: whoever had it, that is due now */
	:: atomic { lease == QUARANTINED -> used = true; start_release() }
	/* kill -9: its worker is killed as well, unless it sleeps in the kernel, where it comes to the end of its step */
	:: atomic { crashes < CRASHES ->
		crashes++; generation++;
		if :: said?what :: empty(said) fi;
		/* a reply that was sent has arrived: the bus has it. A call that was not answered fails. */
		wants = false;
		goto begin
	   }
	od
}

/* Claims once or twice, uses what it gets, and ends some time. */
proctype holder()
{
	byte claims = 0;

	do
	:: atomic { claims < 2 && !IS_HELD && !wants && !has_open -> wants = true; claims++ }
	:: atomic { wants -> wants = false }	/* it gives up, or is killed */
	:: atomic { offered -> offered = false; has_pipe = true }
	:: atomic { offered -> offered = false }	/* killed before it has read the reply */
	:: atomic { has_pipe && !has_open && !node_held && device == VFIO -> has_open = true; soiled = true }
	:: atomic { has_open -> has_open = false }
	:: atomic { has_pipe -> has_pipe = false }	/* by itself: the device may still be open then */
	:: atomic { claims > 0 && !wants && !offered && !has_pipe && !has_open -> break }
	od;
	holder_ended = true
}

init
{
	atomic { run holder(); run daemon(); run worker(0); run worker(1); run worker(2) }
}

/* The device of a holder that has it open is never taken from VFIO, so it is in no two hands. */
ltl not_in_two_hands { [] (has_open -> device == VFIO) }
/* Whoever touches the device has a record on disk first. */
ltl never_without_a_record { [] (device != HOST -> record != NONE) }
/* What a holder has had open is reset before anybody else has it: VFIO holds it until then. */
ltl reset_before_anybody_else { [] (soiled -> device == VFIO) }
/* When the holder has ended the lease does, and the device is with the host: it is not lost. One that is dirty waits for an administrator. */
ltl every_lease_ends { [] (holder_ended -> <> (lease == FREE && record == NONE && device == HOST)) }
