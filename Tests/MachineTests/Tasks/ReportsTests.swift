/// Findings: the first one stays, and it halts the run.
import Machine
import TestSupport
import Testing

@Suite struct ReportsTests {
  @Test func `the first violation wins and halts the run`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(1)
    task.pointee.currentOperation = .split
    #expect(!task.isHalted)
    task.violation(.frz2, gfn: 5, level: 2, entry: 9, expected: "this", seen: "that")
    #expect(task.isHalted)
    machine.task(0).violation(.eq1, gfn: 6, level: 1, expected: "a", seen: "b")
    let found = try #require(machine.pointee.reports.violation)
    #expect(found.checker == .frz2)
    #expect(found.task == 1)
    #expect(found.operation == .split)
    #expect(found.gfn == 5)
    #expect(found.level == 2)
    #expect(found.entry == 9)
    #expect(found.expected == "this")
    #expect(found.seen == "that")
  }

  @Test func `what is met after a halt means nothing`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    machine.pointee.halt()
    machine.task(0).violation(.frz2, gfn: 0, level: 0, expected: "", seen: "")
    #expect(machine.broken == nil)
  }

  @Test func `of violations that race the one that happened first is kept`() throws {
    let machine = try MachinePointer.make(tasks: 8)
    defer { Machine.destroy(machine) }
    Threads.race(8) { id in
      machine.pointee.reports.add(
        Violation(
          checker: .eq1, task: id, operation: .zap, gfn: 0, level: 0, expected: "", seen: "", entry: 0,
          stamp: UInt64(100 - id)))
    }
    #expect(machine.pointee.reports.violation?.task == 7)
  }

  @Test func `a bug condition that holds is BUG-1 and is passed on`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let isFalse = machine.task(0).bugOn(false, "WARN_ON(x)")
    #expect(!isFalse)
    #expect(machine.broken == nil)
    let isTrue = machine.task(0).bugOn(true, "WARN_ON(x)", gfn: 3, level: 1)
    #expect(isTrue)
    #expect(machine.broken == .bug1)
    #expect(machine.pointee.reports.violation?.seen == "WARN_ON(x) fired")
    #expect(machine.pointee.reports.violation?.gfn == 3)
  }

  /// The cause stands in the events that no checker has read yet, the consequence is what is being reported.
  @Test func `checkers read what led to a bug before it is reported`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    machine.pointee.drain = {
      $0.assumingMemoryBound(to: Task.self).violation(.dup1, gfn: 0, level: 0, expected: "", seen: "")
    }
    machine.task(0).emit(.store)
    machine.task(0).bugOn(true, "WARN_ON(x)")
    #expect(machine.broken == .dup1)
  }

  @Test func `a reset forgets violation and harness fault`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let reports = machine.pointee.reports
    reports.add(harnessFault: "first")
    reports.add(harnessFault: "second")
    #expect(reports.harnessFault == "first")
    machine.task(0).bugOn(true, "WARN_ON(x)")
    reports.reset()
    #expect(reports.violation == nil)
    #expect(reports.harnessFault == nil)
  }
}
