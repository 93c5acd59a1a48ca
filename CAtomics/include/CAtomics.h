// 64-bit atomic access for Swift, on libatomic_ops. The one place of the project where shared memory is touched.
#pragma once

#include "schedule_point.h"
#include "raw.h"
#include "run.h"
#include "instrumented.h"
#include "park.h"
