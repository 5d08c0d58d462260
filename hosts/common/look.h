// What the kernel says of files and of trees of processes, all at one moment.
#pragma once

#include "hosts/common/frames.h"

namespace fb {

// Of `{files: [path], trees: [{root, most}]}`: the texts of the files, null for each that can't be read; of each tree
// its processes from the top down with what CPU accounting needs, null where there are more than `most`.
Json lookAt(const Json& request);

// The clocks of this host, in microseconds.
Json clocks();

}  // namespace fb
