// libuuid of util-linux for Swift. The module is not called CUUID because the toolchain's own
// module map of Glibc holds one of that name, and a second one breaks every build of tests.

#pragma once

#include <uuid/uuid.h>
