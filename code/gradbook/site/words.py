"""The site's own words in both languages: what stands on pages but in no chapter."""

from typing import Final

from gradbook.text import Text

FIGURE: Final = Text("그림", "Figure")
CLAIM: Final = Text("주장", "Claim")
CODE: Final = Text("코드", "code")
CONTROLS: Final = Text("그림 조절", "Figure controls")
FRAME_FAILED: Final = Text("그림을 불러오지 못했습니다.", "The figure could not be loaded.")
SEARCH: Final = Text("찾기", "Search")
LINES: Final = Text("줄", "line")
SOLUTION: Final = Text("풀이", "Solution")
MEASURED: Final = Text("이 사이트를 만들면서 잰 값", "Measured by this build")
STORED: Final = Text(
    "이번 빌드가 아니라 make full이 잰 값: {date}, 커밋 {commit}",
    "Measured not by this build but by make full: {date}, commit {commit}",
)
CHAPTER: Final = Text("{}장", "Chapter {}")
LEDGER: Final = Text("{} 장부", "Ledger of {}")
VERDICT_COLUMN: Final = Text("판정", "Verdict")
CLAIM_COLUMN: Final = Text("주장과 결과", "Claim and finding")
ESTIMATE_COLUMN: Final = Text("추정값 [95% 구간]", "Estimate [95% interval]")
EXPERIMENT_COLUMN: Final = Text("실험", "Experiment")
