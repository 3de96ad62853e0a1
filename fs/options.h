/* options: the command line of a mount. */
#ifndef PERSISTFS_FS_OPTIONS_H
#define PERSISTFS_FS_OPTIONS_H

#include "fs/model.h"

struct options {
    const char *store; /* borrowed from argv */
    const char *mountpoint;
    char *schema; /* owned; NULL: none */
    bool foreground;
    bool debug;
    bool read_only;
    bool replace; /* clear a stale mount first */
    bool allow_other;
    uint64_t files_max; /* bytes of all ordinary files together */
    struct model_options model;
    struct buf fuse; /* options that FUSE and the kernel take, each with a comma before it */
};

/* OPTIONS_FAKE: mount(8) wants everything done but the mount. */
enum options_outcome { OPTIONS_MOUNT, OPTIONS_FAKE, OPTIONS_HELP, OPTIONS_VERSION };

/* Reads the command line. `argv[0]` may be a mount helper's name (mount.fuse.persistfs), whose
 * flags are mount(8)'s. Errors: INVALID, and the detail names what is wrong. */
int options_parse(int argc, char **argv, struct options *ret_options,
                  enum options_outcome *ret_outcome, struct problem *problem);
void options_finish(struct options *options);

extern const char options_usage[];

#endif
