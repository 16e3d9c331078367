/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The names of the D-Bus interface: strings only. docs: org.devgroups1(5). */

#define DG_BUS_NAME "org.devgroups1"
#define DG_OBJECT_PATH "/org/devgroups1"
#define DG_GROUP_PREFIX "/org/devgroups1/group"
#define DG_DEVICE_PREFIX "/org/devgroups1/device"
#define DG_LEASE_PREFIX "/org/devgroups1/lease"
#define DG_IFACE_MANAGER "org.devgroups1.Manager"
#define DG_IFACE_GROUP "org.devgroups1.Group"
#define DG_IFACE_DEVICE "org.devgroups1.Device"
#define DG_IFACE_LEASE "org.devgroups1.Lease"
#define DG_ERROR_PREFIX "org.devgroups1.Error."

#define DG_ERROR_NO_SUCH_GROUP DG_ERROR_PREFIX "NoSuchGroup"
#define DG_ERROR_NO_SUCH_DEVICE DG_ERROR_PREFIX "NoSuchDevice"
#define DG_ERROR_BLOCKED DG_ERROR_PREFIX "Blocked"
#define DG_ERROR_BUSY DG_ERROR_PREFIX "Busy"
#define DG_ERROR_RESERVED DG_ERROR_PREFIX "Reserved"
#define DG_ERROR_IN_USE DG_ERROR_PREFIX "InUse"
#define DG_ERROR_BIND_FAILED DG_ERROR_PREFIX "BindFailed"
#define DG_ERROR_RESET_FAILED DG_ERROR_PREFIX "ResetFailed"
#define DG_ERROR_TIMEOUT DG_ERROR_PREFIX "Timeout"
#define DG_ERROR_STUCK DG_ERROR_PREFIX "Stuck"
#define DG_ERROR_NOT_HOLDER DG_ERROR_PREFIX "NotHolder"
#define DG_ERROR_BAD_OPTION DG_ERROR_PREFIX "BadOption"
#define DG_ERROR_BAD_CONFIG DG_ERROR_PREFIX "BadConfig"
#define DG_ERROR_UNSUPPORTED DG_ERROR_PREFIX "Unsupported"

/* dbus-daemon disconnects the sender of a message with more descriptors (default: 16). */
#define DG_MAX_FDS_PER_REPLY 12
