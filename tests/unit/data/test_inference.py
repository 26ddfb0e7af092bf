import gzip
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.data import inference
from ratchet.data.draft import write_draft
from ratchet.errors import DataError
from ratchet.evaluation.leakage.drafting import find_suspicions

SCHEMA = "# yaml-language-server: $schema=../schema/model.schema.json"


def draft_model_file(data: Path, **options: object) -> str:
    return write_draft(inference.draft_model(data, find_suspicions, **options))  # type: ignore[arg-type]


def make_sales(rows: int = 600) -> pd.DataFrame:
    chance = np.random.default_rng(5)
    age = chance.integers(18, 90, rows)
    return pd.DataFrame(
        {
            "seen at": pd.date_range("2024-01-01", periods=rows, freq="h").strftime("%Y-%m-%d %H:%M:%S"),
            "customer_id": [f"c{at}" for at in chance.integers(0, rows // 3, rows)],
            "income": chance.normal(3000, 400, rows).round(2),
            "age": age,
            "city": chance.choice(["Oslo", "Bern", "Rome"], rows),
            "member": chance.choice(["yes", "no"], rows),
            "branch": "north",
            "bought": np.where(chance.random(rows) < 0.2, "yes", "no"),
        }
    )


def drafted(
    folder: Path, frame: pd.DataFrame, target: str = "bought", time: str | None = None, **options: object
) -> str:
    path = folder / "data.csv"
    frame.to_csv(path, index=False, **options)  # type: ignore[call-overload]
    return draft_model_file(path, name="sales", target=target, time=time, project=folder)


def repeated(form: str) -> list[str]:
    """Texts for 10,000 rows, four rows each."""
    return [form.format(1000 + at * 7919 % 2500) for at in range(10_000)]


def loaded(folder: Path, text: str, name: str = "sales") -> ModelConfig:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return load_model(path)


def ignored_for(text: str, name: str) -> str:
    (line,) = (line for line in text.splitlines() if line.strip().startswith((f"- {name} ", f'- "{name}" ')))
    return line.split("#", 1)[1]


def test_a_draft_is_a_valid_model_with_every_column_in_its_place(tmp_path):
    text = drafted(tmp_path, make_sales())
    assert text.splitlines()[0] == SCHEMA
    config = loaded(tmp_path, text)
    data = config.data
    assert config.task == "binary"
    assert (data.target.positive, data.target.negative) == ("yes", "no")
    assert data.time.column == "seen at"
    assert data.features == {"income": "numeric", "city": "categorical", "member": "boolean"}
    assert data.sensitive == ("age",)
    assert (data.group, data.entity) == (None, "customer_id")
    assert data.ignore == ("branch",)
    assert data.source.path == "data.csv"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    assert loaded(tmp_path, drafted(tmp_path, make_sales(), sep=delimiter)).data.source.delimiter == delimiter


def test_texts_that_stand_for_no_value_are_found(tmp_path):
    frame = make_sales().astype({"income": object})
    frame.loc[::7, "income"] = "-"
    frame.loc[::9, "city"] = "?"
    config = loaded(tmp_path, drafted(tmp_path, frame))
    assert config.data.source.missing == ("", "?", "-")
    assert config.data.features["income"] == "numeric"


def test_a_dash_among_categories_is_a_category(tmp_path):
    frame = make_sales()
    frame.loc[::9, "city"] = "-"
    assert loaded(tmp_path, drafted(tmp_path, frame)).data.source.missing == ("",)


@pytest.mark.parametrize(
    ("form", "written", "remark"),
    [
        ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M", ""),
        ("%m/%d/%Y", "%m/%d/%Y", ""),
        ("%Y%m%d", "%Y%m%d", ""),
        ("%Y-%m-%dT%H:%M:%SZ", None, ""),
    ],
)
def test_the_form_of_times_is_found(tmp_path, form, written, remark):
    times = pd.to_datetime(make_sales()["seen at"])
    config = loaded(tmp_path, drafted(tmp_path, make_sales().assign(**{"seen at": times.dt.strftime(form)})))
    assert (config.data.time.column, config.data.time.format) == ("seen at", written)


def test_a_form_of_times_that_could_be_another_is_marked(tmp_path):
    frame = make_sales(100).assign(**{"seen at": "03/04/2024"})
    assert "%m/%d/%Y fits as well: decide" in drafted(tmp_path, frame, time="seen at")


def test_without_times_the_order_of_rows_is_taken(tmp_path):
    config = loaded(tmp_path, drafted(tmp_path, make_sales().drop(columns="seen at")))
    assert config.data.time.order == "rows"


def test_without_times_a_label_delay_is_offered_beside_what_it_needs(tmp_path):
    text = drafted(tmp_path, make_sales().drop(columns="seen at"))
    assert "# how long after a row its label is known; needs `start` and `every` above" in text
    for key in ("start: ", "every: ", "label_delay: "):
        text = text.replace(f"# {key}", key)
    assert loaded(tmp_path, text).data.label_delay == timedelta(days=7)


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (np.resize(["a", "b", "c"], 600), "multiclass"),
        (np.resize([1, 2, 3, 4, 5], 600), "multiclass"),
        (np.linspace(0, 1, 600), "regression"),
        (np.arange(600) % 90, "regression"),
        (np.resize([0, 1, 1], 600), "binary"),
    ],
)
def test_the_task_follows_from_the_target(tmp_path, values, task):
    config = loaded(tmp_path, drafted(tmp_path, make_sales().assign(bought=values)))
    assert config.task == task
    assert config.data.target.positive == ("1" if task == "binary" else None)


def test_which_class_is_positive_is_a_question_where_their_names_do_not_settle_it(tmp_path):
    sure = drafted(tmp_path, make_sales())
    doubtful = drafted(tmp_path, make_sales().assign(bought=np.resize(["red", "red", "blue"], 600)))
    assert "decide" not in next(line for line in sure.splitlines() if "positive:" in line)
    assert 'positive: "blue"' in doubtful
    assert "33.3% of rows: is this the event? Neither name says so: the rarer one was taken; decide" in doubtful


def test_a_column_of_very_many_categories_is_marked(tmp_path):
    rows = make_sales()
    many = drafted(tmp_path, rows.assign(product=[f"p{at % 260}" for at in range(len(rows))]))
    assert "260 different values: most models know them by the mean target of each" in many
    assert "by the mean target" not in drafted(tmp_path, rows)


def test_without_times_whole_groups_judge(tmp_path):
    config = loaded(tmp_path, drafted(tmp_path, make_sales().drop(columns="seen at")))
    assert (config.data.group, config.split.method) == ("customer_id", "group")


def test_a_group_that_costs_many_training_rows_is_left_to_a_person(tmp_path):
    text = drafted(tmp_path, make_sales())
    config = loaded(tmp_path, text)
    assert (config.split.method, config.data.group, config.data.entity) == ("time", None, "customer_id")
    rows = make_sales()
    learnt, judging = rows["customer_id"][:420], rows["customer_id"][420:]
    assert f"cost {learnt.isin(judging).mean():.0%} of the training rows" in text


def test_the_newest_rows_are_found_by_their_time(tmp_path):
    text = drafted(tmp_path, make_sales())
    shuffled = drafted(tmp_path, make_sales().sample(frac=1, random_state=1))
    cost = next(line for line in text.splitlines() if "of the training rows" in line)
    assert cost in shuffled


@pytest.mark.parametrize(("newer", "lost"), [(0, "no row"), (15, "4% of the training rows")])
def test_a_group_that_costs_little_is_set_with_what_it_costs(tmp_path, newer, lost):
    # four rows each, one after the other: customers come, and are hardly seen again
    rows = make_sales().assign(customer_id=[f"c{at // 4}" for at in range(600)])
    rows.loc[600 - newer :, "customer_id"] = [f"c{at % 4}" for at in range(newer)]
    text = drafted(tmp_path, rows)
    data = loaded(tmp_path, text).data
    assert (data.group, data.entity) == ("customer_id", "customer_id")
    assert f"costs {lost}" in text


def test_a_date_is_a_feature(tmp_path):
    times = pd.to_datetime(make_sales()["seen at"])
    text = drafted(
        tmp_path, make_sales().assign(signed=(times - pd.Timedelta("40D")).dt.strftime("%Y-%m-%d")), time="seen at"
    )
    assert loaded(tmp_path, text).data.features["signed"] == "datetime"
    assert "if it is known when the row is predicted" in text
    assert "As a feature" in text


def test_a_time_after_the_row_is_left_out(tmp_path):
    times = pd.to_datetime(make_sales()["seen at"])
    closed = (times + pd.to_timedelta(np.arange(600) % 2 * 40 - 20, unit="D")).dt.strftime("%Y-%m-%d")
    text = drafted(tmp_path, make_sales().assign(closed=closed), time="seen at")
    assert "in 50.0% of rows a time after the row's own: known only afterwards?" in ignored_for(text, "closed")


def test_free_text_is_a_feature(tmp_path):
    notes = [f"call again about order {at} and the bill" for at in range(600)]
    text = drafted(tmp_path, make_sales().assign(note=notes))
    assert loaded(tmp_path, text).data.features["note"] == "text"


def test_of_a_folder_the_draft_says_which_file_was_looked_at(tmp_path):
    folder = tmp_path / "sales"
    folder.mkdir()
    for month in ("01", "02"):
        make_sales().to_csv(folder / f"{month}.csv", index=False)
    text = draft_model_file(folder, name="sales", target="bought", time=None, project=tmp_path)
    assert "# Drafted from sales, its first file of 2 (01.csv): all 600 rows were looked at." in text


def test_a_name_that_can_not_be_used_is_shown_as_it_is_with_the_rule(tmp_path):
    text = drafted(tmp_path, make_sales().rename(columns={"city": "région/ville"}))
    assert '#   "région/ville"' in text
    assert "a name should begin with a letter or _" in text


@pytest.mark.parametrize("name", ["länge", "größe m²", "preis (€)", "région", "цена", "価格", "re\u0301gion"])
def test_letters_of_any_language_and_units_are_names(tmp_path, name):
    assert name in loaded(tmp_path, drafted(tmp_path, make_sales().rename(columns={"income": name}))).data.features


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (lambda frame: np.where(frame["bought"] == "yes", "A", "B"), "leak? "),
        (lambda frame: (frame["bought"] == "yes") * 9 + np.arange(len(frame)) % 7 * 0.5, "leak? alone it ranks"),
        (lambda frame: np.where(frame["bought"] == "yes", "2024", None), "leak? "),
        (lambda frame: np.arange(5, len(frame) + 5), "a row number"),
        (lambda frame: [f"{at:x}-{at}" for at in range(len(frame))], "another value in every row"),
        (lambda frame: ["x"] * (len(frame) - 3) + ["y"] * 3, "'x' in all but 3 of 600 rows: too few to learn from"),
        (lambda frame: [7.5] * 4 + [None] * (len(frame) - 4), "a value in 4 of 600 rows only"),
        (lambda frame: [None] * len(frame), "without any value"),
    ],
)
def test_columns_that_must_not_teach_are_ignored_with_a_reason(tmp_path, column, why):
    frame = make_sales()
    text = drafted(tmp_path, frame.assign(extra=column(frame)), time="seen at")
    assert "extra" in loaded(tmp_path, text).data.ignore
    assert why in ignored_for(text, "extra")


@pytest.mark.parametrize(("name", "form"), [("customer", "Ann {:x} of Oslo"), ("who", "C-{:05}"), ("who", "{:08x}")])
def test_whom_rows_are_about_is_told_by_the_name_or_the_form_of_values(tmp_path, name, form):
    frame = make_sales(10_000).drop(columns="customer_id")
    data = loaded(tmp_path, drafted(tmp_path, frame.assign(**{name: repeated(form)}))).data
    assert (data.group, data.entity) == (None, name)


def test_more_categories_than_the_default_allows_are_a_feature_with_room_for_more(tmp_path):
    frame = make_sales(10_000).drop(columns="customer_id")
    text = drafted(tmp_path, frame.assign(note=repeated("call {:x} again")))
    data = loaded(tmp_path, text).data
    assert (data.entity, data.features["note"], data.checks.max_categories) == (None, "categorical", 5000)
    assert "2,500 different values: most models know them by the mean target of each; `entity` if" in text


def test_texts_that_are_ever_new_are_known_by_their_words(tmp_path):
    frame = make_sales(10_000).drop(columns="customer_id")
    chance = np.random.default_rng(1)
    names = [f"Chief {at:x} officer" for at in chance.integers(0, 8000, 10_000)]
    text = drafted(tmp_path, frame.assign(title=names))
    assert loaded(tmp_path, text).data.features["title"] == "text"
    assert "ever new ones: its words are hashed" in text


def test_codes_that_hardly_repeat_are_left_out(tmp_path):
    frame = make_sales(10_000).drop(columns="customer_id")
    chance = np.random.default_rng(1)
    text = drafted(tmp_path, frame.assign(ticket=[f"{at:x}.{at % 7}" for at in chance.integers(0, 30_000, 10_000)]))
    assert "different codes for 10,000 rows: `entity` and `group`" in ignored_for(text, "ticket")


def test_of_unique_values_with_gaps_the_gaps_are_told(tmp_path):
    frame = make_sales()
    note = [f"seen by {at:x}" if at % 10 > 2 else None for at in range(len(frame))]
    text = drafted(tmp_path, frame.assign(note=note))
    assert "another value in every row that has one; 30.0% have none" in ignored_for(text, "note")


def test_columns_that_add_up_to_the_target_are_ignored(tmp_path):
    frame = make_sales().drop(columns="bought").assign(guests=np.arange(600) % 31, members=np.arange(600) % 47)
    text = drafted(tmp_path, frame.assign(all=frame["guests"] + frame["members"]), target="all")
    assert {"guests", "members"} <= set(loaded(tmp_path, text).data.ignore)
    assert "weighted sum" in ignored_for(text, "guests")


def test_a_name_that_speaks_of_the_end_is_no_reason_alone(tmp_path):
    text = drafted(tmp_path, make_sales().rename(columns={"income": "call_duration"}))
    assert "call_duration" in loaded(tmp_path, text).data.features


def test_names_that_yaml_would_misread_are_quoted(tmp_path):
    names = {"income": "No", "city": "y", "member": "null", "branch": "off", "age": "1st"}
    text = drafted(tmp_path, make_sales().rename(columns=names))
    config = loaded(tmp_path, text)
    assert {"No", "y", "null"} == set(config.data.features)
    assert '"1st"' in text.split("Left out because of their names")[1]


def test_blanks_around_names_and_values_do_not_matter(tmp_path):
    frame = make_sales().rename(columns={"city": " city ", "bought": " bought"})
    frame[" city "] = "  " + frame[" city "] + " "
    config = loaded(tmp_path, drafted(tmp_path, frame, target=" bought"))
    assert config.data.features["city"] == "categorical"
    assert config.data.target.column == "bought"


def test_hostile_names_and_values_stay_inside_comments(tmp_path):
    names = {"income": "a\u2028b: [", "branch": "<script>"}
    frame = make_sales().rename(columns=names)
    frame["place"] = "x\x85- y\n#: &z"
    frame["bought"] = np.where(frame["bought"] == "yes", 'q": "&\\', "né 日")
    text = drafted(tmp_path, frame)
    config = loaded(tmp_path, text)
    assert config.data.target.positive == 'q": "&\\'
    assert config.data.ignore == ("place",)


def test_parquet_and_gzip_are_read_alike(tmp_path):
    frame = make_sales().astype({"age": float})
    frame.loc[3, "age"] = np.nan
    frame["seen at"] = pd.to_datetime(frame["seen at"])
    frame.to_parquet(tmp_path / "data.parquet")
    config = loaded(
        tmp_path,
        draft_model_file(tmp_path / "data.parquet", name="sales", target="bought", time=None, project=tmp_path),
    )
    assert (config.data.time.column, config.data.time.format) == ("seen at", None)
    with gzip.open(tmp_path / "data.csv.gz", "wt") as file:
        make_sales().to_csv(file, index=False)
    text = draft_model_file(tmp_path / "data.csv.gz", name="sales", target="bought", time=None, project=tmp_path)
    assert loaded(tmp_path, text).data.features == config.data.features


def test_a_file_outside_the_project_is_named_in_full(tmp_path):
    make_sales().to_csv(tmp_path / "data.csv", index=False)
    text = draft_model_file(
        tmp_path / "data.csv", name="sales", target="bought", time=None, project=tmp_path / "project"
    )
    assert loaded(tmp_path, text).data.source.path == str((tmp_path / "data.csv").resolve())


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        (make_sales(), {"target": "bougth"}, "did you mean 'bought'"),
        (make_sales(), {"time": "when"}, "--time 'when' is not one of its columns"),
        (make_sales(), {"time": "city"}, "which is no time of a known form"),
        (make_sales().assign(bought="no"), {}, "only one value; it takes two"),
        (make_sales().assign(bought=[f"t{at}" for at in range(600)]), {}, "neither classes nor numbers"),
        (make_sales().rename(columns={"bought": "bought?"}), {"target": "bought?"}, "rename this column"),
        (make_sales()[["bought", "branch"]], {}, "no column is left"),
        (make_sales(0), {}, "no row below the column names"),
        (make_sales(), {"header": False}, "looks like data, not like column names"),
    ],
)
def test_what_can_not_become_a_model_is_explained(tmp_path, frame, options, words):
    with pytest.raises(DataError, match=words.replace("?", r"\?")):
        drafted(tmp_path, frame, **options)


def test_a_name_that_stands_there_twice_is_refused(tmp_path):
    frame = make_sales()
    frame.columns = ["seen at", "city", "income", "age", " city", "member", "branch", "bought"]
    with pytest.raises(DataError, match="twice: city"):
        drafted(tmp_path, frame)


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b""), ("a.csv.gz", b"plain"), ("a.parquet", b"PAR1"), ("a.csv", b"\xff\xfe")]
)
def test_a_file_that_is_none_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        draft_model_file(tmp_path / name, name="sales", target="y", time=None, project=tmp_path)


@pytest.mark.parametrize(
    ("file", "target", "task", "ignored"),
    [
        ("bank_marketing/bank-additional-full.csv.gz", "y", "binary", {"duration"}),
        ("electricity/elec.csv.gz", "class", "binary", set()),
        ("noaa_weather/weather.csv", "target", "binary", set()),
        ("bike_sharing/hour.csv", "cnt", "regression", {"casual", "registered", "instant"}),
        ("beijing_pm25/pollution.csv", "pm2.5", "regression", {"No"}),
        ("diabetes130/diabetic_data.csv.gz", "readmitted", "multiclass", {"encounter_id", "examide"}),
        ("flight_delays_2018/flight_delays_2018.csv.gz", "arr_del15", "regression", {"carrier_ct", "weather_ct"}),
        ("taiwan_credit/credit-card-clients.csv", "default payment", "binary", set()),
    ],
)
def test_public_data_sets_give_valid_models(tmp_path, shared_data, file, target, task, ignored):
    text = draft_model_file(shared_data / file, name="sales", target=target, time=None, project=tmp_path)
    config = loaded(tmp_path, text)
    assert config.task == task
    assert ignored <= set(config.data.ignore)


def test_a_public_data_set_without_names_says_so(tmp_path, shared_data):
    with pytest.raises(DataError, match="looks like data, not like column names"):
        draft_model_file(
            shared_data / "adult" / "adult-train.csv.gz", name="sales", target="income", time=None, project=tmp_path
        )


@pytest.mark.parametrize(
    ("write", "form"),
    [
        (lambda number: f"${number:,.2f}", "$1,234.5"),
        (lambda number: f"{number:,.2f}", "1,234.5"),
        (lambda number: f"{number:.1f}%", "1234.5%"),
        (lambda number: f"{number:.1f} %".replace(".", ","), "1234,5 %"),
        (lambda number: f"{number:.2f}".replace(".", ","), "1234,5"),
        (lambda number: f"{number:,.2f} €".translate(str.maketrans(",.", ".,")), "1.234,5 €"),
        (lambda number: f"R$ {number:,.2f}".translate(str.maketrans(",.", ".,")), "R$ 1.234,5"),
        (lambda number: f"CHF {number:,.2f}".replace(",", "'"), "CHF 1'234.5"),
        (lambda number: f"{number:,.2f} kr".replace(",", " ").replace(".", ","), "1 234,5 kr"),
        (lambda number: f"{number:.0f} km", "1234.5 km"),
    ],
)
@pytest.mark.parametrize("name", ["income", "x17"])
def test_numbers_of_any_country_are_numbers_and_read_alike_in_a_run(tmp_path, write, form, name):
    frame = make_sales().rename(columns={"income": name})
    text = drafted(tmp_path, frame.assign(**{name: frame[name].map(write)}))
    data = loaded(tmp_path, text).data
    assert (data.features[name], data.formats[name]) == ("numeric", form)
    assert "is read as" in text


@pytest.mark.parametrize(
    ("write", "form"),
    [
        (lambda times: times.dt.strftime("%d.%m.%Y %H:%M"), "%d.%m.%Y %H:%M"),
        (lambda times: times.dt.strftime("%d-%b-%Y"), "%d-%b-%Y"),
        (lambda times: times.dt.strftime("%b-%Y"), "%b-%Y"),
        (lambda times: times.dt.strftime("%b-%Y").str.replace("Mar", "Mär"), "%b-%Y"),
        (lambda times: times.dt.strftime("%Y-%m-%d %H:%M CET"), "%Y-%m-%d %H:%M %Z"),
        (lambda times: times.astype("int64") // 10**9, "unix_s"),
        (lambda times: times.astype("int64") // 10**6, "unix_ms"),
    ],
)
@pytest.mark.parametrize("name", ["seen at", "z3"])
def test_times_of_many_forms_are_the_clock_under_any_name(tmp_path, write, form, name):
    times = pd.Series(pd.date_range("2024-01-01", periods=600, freq="6h"))
    frame = make_sales().rename(columns={"seen at": name})
    data = loaded(tmp_path, drafted(tmp_path, frame.assign(**{name: write(times)}))).data
    assert (data.time.column, data.time.format) == (name, form)


def test_a_month_of_its_own_is_a_feature(tmp_path):
    times = pd.to_datetime(make_sales()["seen at"])
    earlier = (times - pd.Timedelta("400D")).dt.strftime("%b-%Y")
    data = loaded(tmp_path, drafted(tmp_path, make_sales().assign(since=earlier), time="seen at")).data
    assert (data.features["since"], data.formats["since"]) == ("datetime", "%b-%Y")


def test_a_comma_that_may_divide_thousands_or_decimals_is_a_question(tmp_path):
    numbers = np.random.default_rng(2).integers(1000, 99_999, 600)
    text = drafted(tmp_path, make_sales().assign(income=[f"{number:,}" for number in numbers]))
    assert loaded(tmp_path, text).data.formats["income"] == "1,234.5"
    assert "or is it written as 1234,5? decide" in text


def test_years_are_times_where_somebody_says_so(tmp_path):
    frame = make_sales().assign(year=[2001 + row // 100 for row in range(600)])
    data = loaded(tmp_path, drafted(tmp_path, frame.drop(columns="seen at"), time="year")).data
    assert (data.time.column, data.time.format) == ("year", "%Y")
    assert loaded(tmp_path, drafted(tmp_path, frame.drop(columns="seen at"))).data.features["year"] == "numeric"


@pytest.mark.parametrize("least", [1000, 1])  # some below a thousand have no dot
def test_the_rest_of_the_file_tells_what_a_dot_divides(least, tmp_path):
    numbers = np.random.default_rng(2).integers(least, 9_999, 600)
    comma = make_sales()["income"].map(lambda number: f"{number:.2f}".replace(".", ","))
    frame = make_sales().assign(income=comma, rent=[f"{number:,}".replace(",", ".") for number in numbers])
    data = loaded(tmp_path, drafted(tmp_path, frame, sep=";")).data
    assert data.formats == {"income": "1234,5", "rent": "1.234,5"}


def test_a_target_of_money_is_a_number(tmp_path):
    frame = make_sales().assign(price=make_sales()["income"].map(lambda number: f"${number:,.2f}"))
    config = loaded(tmp_path, drafted(tmp_path, frame, target="price"))
    assert (config.task, config.data.formats["price"]) == ("regression", "$1,234.5")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_another_encoding_is_found(tmp_path, encoding):
    frame = make_sales().rename(columns={"income": "größe"})
    text = drafted(tmp_path, frame, encoding=encoding)
    data = loaded(tmp_path, text).data
    assert "größe" in data.features
    assert data.source.encoding == encoding


def test_times_that_some_rows_lack_are_told(tmp_path):
    frame = make_sales()
    frame.loc[::50, "seen at"] = None
    text = drafted(tmp_path, frame)
    assert loaded(tmp_path, text).data.time.order == "rows"
    assert "# seen at has times, but none in 12 rows; every row needs its time" in text


def test_rows_without_a_label_are_counted(tmp_path):
    frame = make_sales()
    frame.loc[::10, "bought"] = None
    assert "# 60 of 600 rows have no label, more than 5%: not known yet, or lost?" in drafted(tmp_path, frame)


def test_codes_with_a_currency_sign_stay_texts(tmp_path):
    rent = np.random.default_rng(1).choice([408, 415, 510], 600)
    data = loaded(tmp_path, drafted(tmp_path, make_sales().assign(rent=[f"{each} km" for each in rent]))).data
    assert (data.features["rent"], data.formats) == ("categorical", {})


@pytest.mark.parametrize("name", ["product_id", "artikel_nr", "StoreId", "sku"])
def test_numbers_of_products_are_categories_and_name_nobody(tmp_path, name):
    frame = make_sales(10_000).drop(columns="customer_id")
    products = np.random.default_rng(1).integers(0, 2100, 10_000)
    data = loaded(tmp_path, drafted(tmp_path, frame.assign(**{name: products}))).data
    assert (data.features[name], data.entity) == ("categorical", None)
    assert data.checks.max_categories == 5000


def test_of_several_times_the_one_in_whose_order_rows_stand_is_theirs(tmp_path):
    times = pd.Series(pd.date_range("2024-01-01", periods=600, freq="6h"))
    earlier = times - pd.to_timedelta(np.random.default_rng(1).integers(1, 900, 600), unit="D")
    frame = make_sales().drop(columns="seen at").assign(login_date=earlier.astype(str), q1=times.astype(str))
    data = loaded(tmp_path, drafted(tmp_path, frame)).data
    assert (data.time.column, data.features["login_date"]) == ("q1", "datetime")
