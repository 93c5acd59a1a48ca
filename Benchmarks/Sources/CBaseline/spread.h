// Where threads run.
#pragma once

#include <pthread.h>
#include <stdint.h>

// Puts a thread on one of the processors that the process may use, by its number, all in turn.
//
// Left to itself the scheduler wakes a thread that waited for the lock where its waker runs, so that at times all
// threads share one core, nothing is contended and the rate is a hundred times another run's.
void spread(pthread_t thread, uint32_t number);
