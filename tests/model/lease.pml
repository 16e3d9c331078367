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
#define FAILURES 2 /* of steps: more of them lead to no other states */
#define HANGS	 1 /* of steps, for the same reason */

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

bool used = false;	/* in the record: the device has been handed over */
bool soiled = false;	/* a holder has had the device open since its last reset */
bool has_pipe = false;	/* the holder has the write end of the lease's pipe */
bool has_open = false;	/* the holder has the device open */
bool offered = false;	/* the reply with both is under way */
bool wants = false;	/* a claim waits for its answer */
bool holder_ended = false;
byte workers = 0;	/* workers that may still touch the device */
byte crashes = 0, failures = 0, hangs = 0;
byte generation = 0;	/* of daemons */
bool node_held = false;	/* a worker has opened the node of the IOMMU group, which one process at a time can open */

chan said = [1] of { mtype };
chan orders[3] = [1] of { mtype }; /* CRASHES and one more */

#define IN_USE	 (has_open)
#define IS_HELD	 (has_pipe || offered)
#define IS_HUNG	 (lease == LEASE_CANCELLED_HUNG || lease == LEASE_RELEASING_HUNG || lease == LEASE_DRAIN_RETRY_HUNG || lease == LEASE_STUCK_RETRY_HUNG)
#define IS_RELEASE (lease == LEASE_RELEASING || lease == LEASE_DRAIN_RETRY || lease == LEASE_STUCK_RETRY)

/* Takes the lock on a byte of the run directory: a worker waits for the end of a worker of an earlier daemon. */
inline take_lock()
{
	atomic { (workers == 0); workers++ }
}

/* Reports the end of the steps. A daemon that was killed does not read it. */
inline say(what)
{
	atomic {
		workers--;
		node_held = false;
		if :: mine == generation -> said!what :: else fi
	}
}

/* Runs a step: it is done, it fails, or its worker is killed before or after it, with its daemon or alone. */
inline step(target)
{
	if
	:: atomic { device = target }
	:: atomic { failures < FAILURES -> failures++; say(STEPS_FAILED); goto idle }
	:: atomic { failures < FAILURES -> failures++; device = target; say(STEPS_FAILED); goto idle }
	fi
}

/* Resets the device and proves it. After a failure no holder may have the device. */
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
	/* The worker opens the group's node: no other process can open the device until the end. */
	atomic {
		if
		:: IN_USE -> say(STEPS_BUSY); goto idle
		:: else -> node_held = true
		fi
	};
	/* before the unbind */
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
 * The workers of one daemon, which has at most one at a time. A worker is killed with its daemon, unless it sleeps in the kernel. Then it
 * begins no other step, but the step that it has begun may still take effect, at any time.
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

/* The daemons, one after the other. The memory of a daemon ends with it; records, devices and holders stay. */
proctype daemon()
{
	mtype what;

begin:	/* takes up what an earlier daemon left */
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
	/* The claimer goes before it has an answer. */
	:: atomic { lease == LEASE_CLAIMING && !wants -> lease = LEASE_CANCELLED }
	:: atomic { !IS_HUNG && nempty(said) -> said?what;
		if
		:: lease == LEASE_CLAIMING && what == STEPS_DONE ->
			record = CLAIMED; used = true; lease = LEASE_CLAIMED;
			assert(!IN_USE && device == VFIO);
			/* The reply may be lost, and is if the claimer is gone: then the pipe is closed. */
			if :: wants -> offered = true :: skip fi;
			wants = false
		:: lease == LEASE_CLAIMING && what == STEPS_FAILED -> wants = false; start_release(LEASE_RELEASING)
		:: (lease == LEASE_CLAIMING || lease == LEASE_CANCELLED) && what == STEPS_BUSY -> wants = false; record = NONE; lease = LEASE_ENDED
		:: lease == LEASE_CANCELLED && (what == STEPS_DONE || what == STEPS_FAILED) -> start_release(LEASE_RELEASING)
		:: what == STEPS_DIRTY -> wants = false; record = DIRTY; lease = LEASE_DIRTY
		:: IS_RELEASE && what == STEPS_DONE ->
			/* A release succeeds only if the device was read back. */
			if
			:: device == HOST -> record = NONE; used = false; lease = LEASE_ENDED
			:: else -> lease = LEASE_STUCK
			fi
		:: IS_RELEASE && what == STEPS_FAILED -> lease = LEASE_STUCK
		:: IS_RELEASE && what == STEPS_BUSY -> lease = LEASE_DRAINING
		fi
	   }
	/* A step that changes something is done. */
	:: atomic { lease == LEASE_DRAIN_RETRY || lease == LEASE_STUCK_RETRY -> lease = LEASE_RELEASING }
	/* A step passes its deadline. A claim is then refused at once. */
	:: atomic { hangs < HANGS && lease == LEASE_CLAIMING -> hangs++; wants = false; lease = LEASE_CANCELLED_HUNG }
	:: atomic { hangs < HANGS && lease == LEASE_CANCELLED -> hangs++; lease = LEASE_CANCELLED_HUNG }
	:: atomic { hangs < HANGS && lease == LEASE_RELEASING -> hangs++; lease = LEASE_RELEASING_HUNG }
	:: atomic { hangs < HANGS && lease == LEASE_DRAIN_RETRY -> hangs++; lease = LEASE_DRAIN_RETRY_HUNG }
	:: atomic { hangs < HANGS && lease == LEASE_STUCK_RETRY -> hangs++; lease = LEASE_STUCK_RETRY_HUNG }
	/* The step returns, or its worker is gone. */
	:: atomic { lease == LEASE_CANCELLED_HUNG -> lease = LEASE_CANCELLED }
	:: atomic { lease == LEASE_RELEASING_HUNG -> lease = LEASE_RELEASING }
	:: atomic { lease == LEASE_DRAIN_RETRY_HUNG -> lease = LEASE_DRAIN_RETRY }
	:: atomic { lease == LEASE_STUCK_RETRY_HUNG -> lease = LEASE_STUCK_RETRY }
	/* The last copy of the pipe is closed. */
	:: atomic { lease == LEASE_CLAIMED && !IS_HELD -> start_release(LEASE_RELEASING) }
	/* An administrator ends a lease that is held. */
	:: atomic { lease == LEASE_CLAIMED && IS_HELD && !offered -> start_release(LEASE_RELEASING) }
	:: atomic { lease == LEASE_DRAINING && !IN_USE -> start_release(LEASE_DRAIN_RETRY) }
	:: atomic { lease == LEASE_STUCK -> start_release(LEASE_STUCK_RETRY) }
	/* An administrator resets the device: that is due now, even if no holder has used the device. */
	:: atomic { lease == LEASE_DIRTY -> used = true; start_release(LEASE_RELEASING) }
	/* kill -9: the worker is killed as well, unless it sleeps in the kernel, where it completes its step. */
	:: atomic { crashes < CRASHES ->
		crashes++; generation++;
		if :: said?what :: empty(said) fi;
		/* A reply that was sent arrives, since the bus has it. A call without an answer fails. */
		wants = false;
		goto begin
	   }
	od
}

/* Claims once or twice, uses the device, and ends some time. */
proctype holder()
{
	byte claims = 0;

	do
	:: atomic { claims < 2 && !IS_HELD && !wants && !has_open -> wants = true; claims++ }
	:: atomic { wants -> wants = false }	/* the claimer gives up, or is killed */
	:: atomic { offered -> offered = false; has_pipe = true }
	:: atomic { offered -> offered = false }	/* the claimer is killed before it has read the reply */
	:: atomic { has_pipe && !has_open && !node_held && device == VFIO -> has_open = true; soiled = true }
	:: atomic { has_open -> has_open = false }
	:: atomic { has_pipe -> has_pipe = false }	/* the device may still be open then */
	:: atomic { claims > 0 && !wants && !offered && !has_pipe && !has_open -> break }
	od;
	holder_ended = true
}

init
{
	atomic { run holder(); run daemon(); run worker(0); run worker(1); run worker(2) }
}

/* A device that is open stays with VFIO: the host and a holder never have it at the same time. */
ltl not_in_two_hands { [] (has_open -> device == VFIO) }
/* The record is on disk before the device is touched. */
ltl never_without_a_record { [] (device != HOST -> record != NONE) }
/* A device that a holder has had open stays with VFIO until it is reset. */
ltl reset_before_anybody_else { [] (soiled -> device == VFIO) }
/* After the end of the holder the lease ends, and the device is with the host. A dirty lease waits for an administrator. */
ltl every_lease_ends { [] (holder_ended -> <> (lease == LEASE_ENDED && record == NONE && device == HOST)) }
