/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A model of one device, the daemon that hands it out, its worker, a holder, and a crash of the daemon at any moment.
 * docs/lease.md explains the lease. Its states and arcs are those of src/daemon/lease/lease-fsm.c.
 * tests/check-model has spin prove the formulas at the end.
 *
 * The model has one device, because several devices take the same steps one after the other. It has one holder of one
 * descriptor, because several holders of copies differ only in the moment of the last close.
 */

#define CRASHES	 2
#define FAILURES 2 /* of steps: more of them need more luck, not other states */
#define HANGS	 1 /* steps past their deadline, for the same reason */

mtype = { HOST, NOBODY, VFIO };			/* the driver of the device */
mtype = { NONE, CLAIMING, CLAIMED, RELEASING, DIRTY };	/* the phase in the record on disk */
/* The lease in the daemon's memory. LEASE_ENDED: there is none. */
mtype = {
	LEASE_ENDED, LEASE_CLAIMING, LEASE_CANCELLED, LEASE_CANCELLED_HUNG, LEASE_CLAIMED, LEASE_RELEASING, LEASE_RELEASING_HUNG,
	LEASE_DRAINING, LEASE_DRAIN_RETRY, LEASE_DRAIN_RETRY_HUNG, LEASE_STUCK, LEASE_STUCK_RETRY, LEASE_STUCK_RETRY_HUNG, LEASE_DIRTY
};
mtype = { STEPS_DONE, STEPS_FAILED, STEPS_BUSY, STEPS_DIRTY };	/* how the steps of a worker end */
mtype = { CLAIM, RELEASE };			/* orders for a worker */

mtype device = HOST;
mtype record = NONE;
mtype lease = LEASE_ENDED;

bool used = false;	/* in the record: it has been handed over */
bool soiled = false;	/* somebody has had it open since its last reset */
bool has_pipe = false;	/* the holder has the write end of the lease's pipe */
bool has_open = false;	/* the holder has the device open */
bool offered = false;	/* the reply with both is under way */
bool wants = false;	/* a claim has been asked for and not been answered */
bool holder_ended = false;
byte workers = 0;	/* those that may still touch the device */
byte crashes = 0, failures = 0, hangs = 0;
byte generation = 0;	/* of daemons */
bool node_held = false;	/* a worker has opened the node of the IOMMU group, which lets in one at a time */

chan said = [1] of { mtype };
chan orders[3] = [1] of { mtype }; /* CRASHES and one more */

#define IN_USE	 (has_open)
#define IS_HELD	 (has_pipe || offered)
#define IS_HUNG	 (lease == LEASE_CANCELLED_HUNG || lease == LEASE_RELEASING_HUNG || lease == LEASE_DRAIN_RETRY_HUNG || lease == LEASE_STUCK_RETRY_HUNG)
#define IS_RELEASE (lease == LEASE_RELEASING || lease == LEASE_DRAIN_RETRY || lease == LEASE_STUCK_RETRY)

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
	:: atomic { failures < FAILURES -> failures++; say(STEPS_FAILED); goto idle }
	:: atomic { failures < FAILURES -> failures++; device = target; say(STEPS_FAILED); goto idle }
	fi
}

/* It works, and that is proven; or nobody may have the device. */
inline reset(what_is_left)
{
	if
	:: soiled = what_is_left
	:: atomic { failures < FAILURES -> failures++; say(STEPS_DIRTY); goto idle }
	fi
}

inline claim_device()
{
	if
	:: atomic { IN_USE -> say(STEPS_BUSY); goto idle }
	:: else
	fi;
	step(NOBODY);
	step(VFIO);
	reset(soiled);
	say(STEPS_DONE)
}

inline release_device()
{
	/* the group's node is opened: nobody else can open the device until the end */
	atomic {
		if
		:: IN_USE -> say(STEPS_BUSY); goto idle
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
	say(STEPS_DONE)
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
		:: atomic { mine != generation -> say(STEPS_FAILED); goto idle }
		:: mine == generation && what == CLAIM -> claim_device()
		:: mine == generation && what == RELEASE -> release_device()
		fi
	od
}

inline start_release(state)
{
	record = RELEASING;
	lease = state;
	orders[generation]!RELEASE
}

/* One daemon after the other. All that it knows goes with it; records, devices and holders stay. */
proctype daemon()
{
	mtype what;

begin:	/* what an earlier one left */
	atomic {
		if
		:: record == NONE -> lease = LEASE_ENDED
		:: record == CLAIMED && IS_HELD -> lease = LEASE_CLAIMED
		:: record == DIRTY -> lease = LEASE_DIRTY
		:: else -> start_release(LEASE_RELEASING)
		fi
	};
	do
	:: atomic { lease == LEASE_ENDED && wants -> record = CLAIMING; lease = LEASE_CLAIMING; orders[generation]!CLAIM }
	/* the claimer goes before it has an answer */
	:: atomic { lease == LEASE_CLAIMING && !wants -> lease = LEASE_CANCELLED }
	:: atomic { !IS_HUNG && nempty(said) -> said?what;
		if
		:: lease == LEASE_CLAIMING && what == STEPS_DONE ->
			record = CLAIMED; used = true; lease = LEASE_CLAIMED;
			assert(!IN_USE && device == VFIO);
			/* the reply may not get through, and does not to a claimer that is gone: then the pipe is closed */
			if :: wants -> offered = true :: skip fi;
			wants = false
		:: lease == LEASE_CLAIMING && what == STEPS_FAILED -> wants = false; start_release(LEASE_RELEASING)
		:: (lease == LEASE_CLAIMING || lease == LEASE_CANCELLED) && what == STEPS_BUSY -> wants = false; record = NONE; lease = LEASE_ENDED
		:: lease == LEASE_CANCELLED && (what == STEPS_DONE || what == STEPS_FAILED) -> start_release(LEASE_RELEASING)
		:: what == STEPS_DIRTY -> wants = false; record = DIRTY; lease = LEASE_DIRTY
		:: IS_RELEASE && what == STEPS_DONE ->
			/* no success before it was read back */
			if
			:: device == HOST -> record = NONE; used = false; lease = LEASE_ENDED
			:: else -> lease = LEASE_STUCK
			fi
		:: IS_RELEASE && what == STEPS_FAILED -> lease = LEASE_STUCK
		:: IS_RELEASE && what == STEPS_BUSY -> lease = LEASE_DRAINING
		fi
	   }
	/* a step that changes something is done */
	:: atomic { lease == LEASE_DRAIN_RETRY || lease == LEASE_STUCK_RETRY -> lease = LEASE_RELEASING }
	/* a step passes its deadline, and its claim is refused at once */
	:: atomic { hangs < HANGS && lease == LEASE_CLAIMING -> hangs++; wants = false; lease = LEASE_CANCELLED_HUNG }
	:: atomic { hangs < HANGS && lease == LEASE_CANCELLED -> hangs++; lease = LEASE_CANCELLED_HUNG }
	:: atomic { hangs < HANGS && lease == LEASE_RELEASING -> hangs++; lease = LEASE_RELEASING_HUNG }
	:: atomic { hangs < HANGS && lease == LEASE_DRAIN_RETRY -> hangs++; lease = LEASE_DRAIN_RETRY_HUNG }
	:: atomic { hangs < HANGS && lease == LEASE_STUCK_RETRY -> hangs++; lease = LEASE_STUCK_RETRY_HUNG }
	/* it returns, or its worker is gone */
	:: atomic { lease == LEASE_CANCELLED_HUNG -> lease = LEASE_CANCELLED }
	:: atomic { lease == LEASE_RELEASING_HUNG -> lease = LEASE_RELEASING }
	:: atomic { lease == LEASE_DRAIN_RETRY_HUNG -> lease = LEASE_DRAIN_RETRY }
	:: atomic { lease == LEASE_STUCK_RETRY_HUNG -> lease = LEASE_STUCK_RETRY }
	/* the last copy of the pipe is closed */
	:: atomic { lease == LEASE_CLAIMED && !IS_HELD -> start_release(LEASE_RELEASING) }
	/* an administrator asks for it while it is held */
	:: atomic { lease == LEASE_CLAIMED && IS_HELD && !offered -> start_release(LEASE_RELEASING) }
	:: atomic { lease == LEASE_DRAINING && !IN_USE -> start_release(LEASE_DRAIN_RETRY) }
	:: atomic { lease == LEASE_STUCK -> start_release(LEASE_STUCK_RETRY) }
	/* an administrator has it reset again: that is due now, even if no holder has used the device */
	:: atomic { lease == LEASE_DIRTY -> used = true; start_release(LEASE_RELEASING) }
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
ltl every_lease_ends { [] (holder_ended -> <> (lease == LEASE_ENDED && record == NONE && device == HOST)) }
