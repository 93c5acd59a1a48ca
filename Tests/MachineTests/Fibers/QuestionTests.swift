/// Questions to the strategy: counted, limited, recorded.
import Machine
import TestSupport
import Testing

@Suite struct QuestionTests {
  /// Asks `count` times, one step before each.
  private func asking(_ rig: FiberRig, _ count: Int) -> FiberRig.Body {
    let word = rig.words[0]
    return { task in
      for _ in 0..<count {
        task.load(word)
        _ = task.pointee.fibers?.ask(task.pointee.id, .busy)
      }
    }
  }

  private func recorded(_ rig: FiberRig) -> [[Int]] {
    (0..<rig.scheduler.pointee.yesCount).map { index in
      [Int(rig.scheduler.pointee.yes[index].task), Int(rig.scheduler.pointee.yes[index].question)]
    }
  }

  @Test func `each task numbers its own questions, and those with a yes are recorded in their order`() throws {
    let rig = try FiberRig.make(2)
    var number = 0
    rig.answer = { _, _ in
      number += 1
      return number % 2 == 0
    }
    rig.follow([0, 1, 1, 0, 1, 0])
    rig.run([asking(rig, 3), asking(rig, 3)])
    #expect(recorded(rig) == [[1, 0], [0, 1], [0, 2]])
    #expect((0..<2).map { rig.scheduler.pointee.fibers[$0].questions } == [3, 3])
  }

  @Test func `a task gets four times yes in an execution and then is not asked`() throws {
    let rig = try FiberRig.make(2)
    var asked = 0
    rig.answer = { _, _ in
      asked += 1
      return true
    }
    for _ in 0..<2 {
      asked = 0
      rig.run([asking(rig, 10), asking(rig, 10)])
      #expect(asked == 8)
      #expect(recorded(rig) == (0..<8).map { [$0 / 4, $0 % 4] })
    }
  }

  @Test func `what is answered no costs nothing`() throws {
    let rig = try FiberRig.make(1)
    var asked = 0
    rig.answer = { _, _ in
      asked += 1
      return false
    }
    rig.run([asking(rig, 100)])
    #expect(asked == 100 && recorded(rig).isEmpty)
  }

  @Test func `outside an execution and in its fair half nobody is asked`() throws {
    let rig = try FiberRig.make(1)
    var asked = 0
    rig.answer = { _, _ in
      asked += 1
      return true
    }
    #expect(!rig.scheduler.ask(0, .resched))
    rig.scheduler.setStepLimit(10)
    rig.answer = { _, _ in
      asked += 1
      return false
    }
    rig.run([asking(rig, 15)])
    #expect(asked == 10)
  }

  @Test func `need_resched asks where walks may yield`() throws {
    let rig = try FiberRig.make(1)
    let word = rig.words[0]
    rig.answer = { _, question in question == .resched }
    var answers: [Bool] = []
    for mayResched in [false, true] {
      rig.task(0).pointee.mayResched = mayResched
      rig.run(1) { task in
        task.load(word)
        answers.append(task.needResched())
      }
    }
    #expect(answers == [false, true])
  }
}
