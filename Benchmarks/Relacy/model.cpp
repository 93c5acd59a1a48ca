// The common model under relacy's random scheduler: `model ITERATIONS EXECUTIONS SEED [mutant]`, MODEL_THREADS threads.
//
// Prints executions, atomic steps, nanoseconds and the number, from 1, of the execution that broke the assertion, 0 for
// none: relacy stops at the first, and runs it a second time. What the model is, CExplorationBaseline.h says. relacy
// seeds each execution with its number, and these begin at SEED.
#include <relacy/relacy.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <streambuf>
#include <string>

namespace {

enum : std::uint64_t { nonpresent = 0, present = 1, frozen = 2 };

unsigned iterations;
bool is_spte_written_first;
std::uint64_t steps;

// relacy owns the allocator while it runs, so its output must go where nothing is allocated.
struct discard : std::streambuf {
  int_type overflow(int_type character) override { return traits_type::not_eof(character); }
};

struct model : rl::test_suite<model, MODEL_THREADS> {
  rl::atomic<std::uint64_t> spte, external;

  void before() {
    spte($).store(nonpresent, rl::mo_seq_cst);
    external($).store(nonpresent, rl::mo_seq_cst);
  }

  void store(rl::atomic<std::uint64_t> &word, std::uint64_t value) {
    steps++;
    word($).store(value, rl::mo_seq_cst);
  }

  void thread(unsigned) {
    for (unsigned iteration = 0; iteration < iterations; iteration++) {
      steps++;
      std::uint64_t seen = spte($).load(rl::mo_seq_cst);
      if (seen == frozen) continue;
      const std::uint64_t value = seen == present ? nonpresent : present;
      steps++;
      if (!spte($).compare_exchange_strong(seen, frozen, rl::mo_seq_cst)) continue;
      store(is_spte_written_first ? spte : external, value);
      store(is_spte_written_first ? external : spte, value);
    }
  }

  void after() {
    const std::uint64_t final_spte = spte($).load(rl::mo_seq_cst);
    RL_ASSERT(final_spte != frozen && final_spte == external($).load(rl::mo_seq_cst));
  }
};

void explore(std::uint64_t executions, std::uint64_t seed) {
  discard buffer;
  std::ostream output(&buffer);
  rl::test_params params;
  params.search_type = rl::random_scheduler_type;
  params.initial_state = std::to_string(seed);
  params.iteration_count = seed + executions - 1;
  params.execution_depth_limit = UINT32_MAX;
  params.output_stream = &output;
  params.progress_stream = &output;
  const auto start = std::chrono::steady_clock::now();
  const bool passed = rl::simulate<model>(params);
  const std::chrono::nanoseconds elapsed = std::chrono::steady_clock::now() - start;
  const std::uint64_t done = params.stop_iteration - seed + 1;
  std::cout << done << ' ' << steps << ' ' << elapsed.count() << ' ' << (passed ? 0 : done) << '\n';
}

}  // namespace

int main(int count, char **arguments) {
  if (count < 4) return 64;
  iterations = unsigned(std::strtoul(arguments[1], nullptr, 10));
  is_spte_written_first = count > 4;
  explore(std::strtoull(arguments[2], nullptr, 10), std::strtoull(arguments[3], nullptr, 10));
}
