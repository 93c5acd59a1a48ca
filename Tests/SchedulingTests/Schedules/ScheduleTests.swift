import Scheduling
import Testing

@Suite struct ScheduleTests {
  @Test func `an empty schedule is the default one`() {
    #expect(Schedule() == Schedule(switches: [], answers: []))
  }
}
