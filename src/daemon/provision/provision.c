/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs the three kinds of provisioning in their order. */

#include "daemon/provision/boot-bind.h"
#include "daemon/provision/mdev-provision.h"
#include "daemon/provision/provision.h"
#include "daemon/provision/sriov.h"

struct provision {
	struct sriov *sriov;
	struct mdev_provision *mdevs;
	struct boot_bind *boot_bind;
	bool started;
	bool running; /* a run re-reads the host, whose events would start another run */
};

DEFINE_CLEANUP(struct provision *, provision_freep, provision_free)

int provision_new(struct registry *registry, void (*on_done)(void *userdata), void *userdata,
		  struct provision **ret)
{
	_cleanup_(provision_freep) struct provision *provision = calloc(1, sizeof(*provision));

	if (!provision)
		return -ENOMEM;
	provision->sriov = sriov_new(registry, on_done, userdata);
	if (!provision->sriov)
		return -ENOMEM;
	provision->mdevs = mdev_provision_new(registry, on_done, userdata);
	if (!provision->mdevs)
		return -ENOMEM;
	provision->boot_bind = boot_bind_new(registry, provision->sriov, on_done, userdata);
	if (!provision->boot_bind)
		return -ENOMEM;
	*ret = TAKE_PTR(provision);
	return 0;
}

struct provision *provision_free(struct provision *provision)
{
	if (!provision)
		return NULL;
	boot_bind_free(provision->boot_bind);
	mdev_provision_free(provision->mdevs);
	sriov_free(provision->sriov);
	free(provision);
	return NULL;
}

void provision_define(struct provision *provision, struct def_set *config)
{
	sriov_define(provision->sriov, &config->sriov);
	mdev_provision_define(provision->mdevs, config);
	boot_bind_define(provision->boot_bind, config);
}

void provision_start(struct provision *provision)
{
	provision->started = true;
	provision_run(provision);
}

void provision_run(struct provision *provision)
{
	if (!provision->started || provision->running)
		return;
	provision->running = true;
	/* functions first: a group may be made of them */
	sriov_run(provision->sriov);
	mdev_provision_run(provision->mdevs);
	boot_bind_run(provision->boot_bind);
	provision->running = false;
}

bool provision_is_changing(const struct provision *provision, const struct devgroup *group)
{
	return sriov_is_changing(provision->sriov, group) ||
	       mdev_provision_is_changing(provision->mdevs, group) ||
	       boot_bind_is_changing(provision->boot_bind, group);
}

void provision_parent_changed(struct provision *provision, const char *key, bool offers)
{
	mdev_provision_parent_changed(provision->mdevs, key, offers);
}

int provision_list_vf_defs(const struct provision *provision, struct vec *ret)
{
	return sriov_list_defs(provision->sriov, ret);
}
