/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Stands in for polkit on the bus of a test.
 *
 * usage: polkit ADDRESS DIR
 *
 * DIR/answer has the answer to every question: allow, deny, challenge (deny, but a password would
 * help), error, silent (no answer while the file says so), or vanish (the program ends). Lines
 * before the last may begin with a word of the question, and count only for questions with that
 * word: "uid=1000 allow". DIR/questions gets a line for each question:
 *
 *	org.devgroups1.claim uid=1000 interactive=yes group=nic0 devices=... label=...
 *
 * and "cancelled" for each that was taken back. Blanks in details are shown as underscores.
 */

#include <errno.h>
#include <sys/inotify.h>

#include "stub.h"

#define MAX_QUESTIONS 4096

struct question {
	sd_bus_message *call; /* NULL: answered */
	char *text, *id;
};

static struct question questions[MAX_QUESTIONS];
static size_t n_questions;

/* Tells whether the question has the word that a line of the file begins with. */
static int polkit_line_fits(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += n)
		if ((at == text || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return 1;
	return 0;
}

static void polkit_read_answer(const struct stub *stub, const char *text, char ret[static 64])
{
	char path[PATH_MAX], line[512], first[256], second[64];
	FILE *file;

	strcpy(ret, "deny");
	snprintf(path, sizeof(path), "%s/answer", stub->directory);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		int n = sscanf(line, "%255s %63s", first, second);

		if (n == 1)
			snprintf(ret, 64, "%.63s", first);
		else if (n == 2 && polkit_line_fits(text, first)) {
			strcpy(ret, second);
			break;
		}
	}
	if (file)
		fclose(file);
}

static int polkit_reply(sd_bus_message *call, int allowed, int challenge)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call, &reply);

	if (r >= 0)
		r = sd_bus_message_append(reply, "(bba{ss})", allowed, challenge, 0);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

/* Answers a question if the file has an answer by now. */
static void polkit_answer(const struct stub *stub, struct question *question)
{
	char answer[64];

	if (!question->call)
		return;
	polkit_read_answer(stub, question->text, answer);
	if (strcmp(answer, "silent") == 0)
		return;
	if (strcmp(answer, "vanish") == 0) {
		sd_event_exit(stub->event, 0);
		return;
	}
	if (strcmp(answer, "error") == 0)
		sd_bus_reply_method_errorf(question->call,
					   "org.freedesktop.PolicyKit1.Error.Failed",
					   "The test wants a failure");
	else
		polkit_reply(question->call, strcmp(answer, "allow") == 0,
			     strcmp(answer, "challenge") == 0);
	question->call = sd_bus_message_unref(question->call);
}

static int polkit_on_answer_changed(sd_event_source *source, const struct inotify_event *event,
				    void *userdata)
{
	for (size_t i = 0; i < n_questions; i++)
		polkit_answer(userdata, &questions[i]);
	return 0;
}

/* --- the questions --- */

static uid_t polkit_find_uid(sd_bus *bus, const char *sender)
{
	sd_bus_creds *creds = NULL;
	uid_t uid = (uid_t)-1;

	if (sd_bus_get_name_creds(bus, sender, SD_BUS_CREDS_EUID, &creds) >= 0)
		(void)(sd_bus_creds_get_euid(creds, &uid) < 0);
	sd_bus_creds_unref(creds);
	return uid;
}

/* Reads (sa{sv}) with the name on the bus in it. */
static int polkit_read_subject(sd_bus_message *call, const char **ret_sender)
{
	const char *kind, *key;
	int r = sd_bus_message_enter_container(call, 'r', "sa{sv}");

	if (r < 0)
		return r;
	r = sd_bus_message_read(call, "s", &kind);
	if (r < 0 || strcmp(kind, "system-bus-name") != 0)
		return -EINVAL;
	r = sd_bus_message_read(call, "a{sv}", 1, &key, "s", ret_sender);
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(call);
}

static int polkit_append_details(sd_bus_message *call, char *text, size_t room)
{
	const char *key, *value;
	int r = sd_bus_message_enter_container(call, 'a', "{ss}");

	while (r >= 0 && (r = sd_bus_message_read(call, "{ss}", &key, &value)) > 0) {
		size_t n = strlen(text);

		snprintf(text + n, room - n, " %s=%s", key, value);
		for (char *c = text + n + 1; (c = strchr(c, ' '));)
			*c = '_';
	}
	return r < 0 ? r : sd_bus_message_exit_container(call);
}

static int polkit_read_question(sd_bus_message *call, struct question *question)
{
	const char *sender, *action, *id;
	char text[4096], details[3500] = "";
	uint32_t flags;
	int r = polkit_read_subject(call, &sender);

	if (r >= 0)
		r = sd_bus_message_read(call, "s", &action);
	if (r >= 0)
		r = polkit_append_details(call, details, sizeof(details));
	if (r >= 0)
		r = sd_bus_message_read(call, "us", &flags, &id);
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "%s uid=%u interactive=%s%s", action,
		 (unsigned)polkit_find_uid(sd_bus_message_get_bus(call), sender),
		 flags & 1 ? "yes" : "no", details);
	question->text = strdup(text);
	question->id = strdup(id);
	question->call = sd_bus_message_ref(call);
	return 0;
}

static int polkit_on_check(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct question *question = &questions[n_questions];
	int r;

	if (n_questions == MAX_QUESTIONS)
		return -ENOBUFS;
	r = polkit_read_question(call, question);
	if (r < 0)
		return r;
	n_questions++;
	stub_record(userdata, "questions", question->text);
	polkit_answer(userdata, question);
	return 1;
}

static int polkit_on_cancel(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const char *id;
	int r = sd_bus_message_read(call, "s", &id);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n_questions; i++)
		if (questions[i].call && strcmp(questions[i].id, id) == 0) {
			stub_record(userdata, "questions", "cancelled");
			questions[i].call = sd_bus_message_unref(questions[i].call);
		}
	return sd_bus_reply_method_return(call, NULL);
}

static const sd_bus_vtable polkit_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", polkit_on_check,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("CancelCheckAuthorization", "s", "", polkit_on_cancel,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int main(int argc, char *argv[])
{
	struct stub stub = { .name = "org.freedesktop.PolicyKit1",
			     .path = "/org/freedesktop/PolicyKit1/Authority",
			     .interface = "org.freedesktop.PolicyKit1.Authority",
			     .vtable = polkit_vtable };
	int status = stub_begin(&stub, argc, argv);

	if (status)
		return status;
	if (sd_event_add_inotify(stub.event, NULL, stub.directory, IN_CLOSE_WRITE | IN_MOVED_TO,
				 polkit_on_answer_changed, &stub) < 0)
		return EXIT_FAILURE;
	return stub_serve(&stub, argv[1]);
}
