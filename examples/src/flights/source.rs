//! Reading compressed CSV files, with errors that name file, line and column.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context, Result, anyhow, bail};
use csv::ByteRecord;
use ruzstd::decoding::StreamingDecoder;

/// How the files write that a value is missing.
const MISSING: &str = "NA";

/// An open table.
pub(super) struct Source {
    path: PathBuf,
    reader: csv::Reader<Box<dyn Read>>,
    headers: ByteRecord,
}

/// A column of a [`Source`].
#[derive(Clone, Copy)]
pub(super) struct Column {
    name: &'static str,
    index: usize,
}

/// A row of a [`Source`].
pub(super) struct Row<'a> {
    path: &'a Path,
    record: &'a ByteRecord,
}

impl Source {
    /// Opens a `.csv.zst` file and reads the names of its columns.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let text = StreamingDecoder::new(BufReader::new(file))
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("{} is not a zstd file", path.display()))?;
        Self::new(path, Box::new(text))
    }

    fn new(path: &Path, text: Box<dyn Read>) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(text);
        let headers = reader
            .byte_headers()
            .with_context(|| format!("cannot read {}", path.display()))?
            .clone();
        Ok(Self {
            path: path.to_owned(),
            reader,
            headers,
        })
    }

    /// Finds a column by name.
    pub(super) fn column(&self, name: &'static str) -> Result<Column> {
        let index = self
            .headers
            .iter()
            .position(|header| header == name.as_bytes())
            .with_context(|| format!("{} has no column `{name}`", self.path.display()))?;
        Ok(Column { name, index })
    }

    /// Visits every row in order.
    pub(super) fn each(mut self, mut visit: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
        let mut record = ByteRecord::new();
        while self
            .reader
            .read_byte_record(&mut record)
            .with_context(|| format!("cannot read {}", self.path.display()))?
        {
            visit(&Row {
                path: &self.path,
                record: &record,
            })?;
        }
        Ok(())
    }
}

impl Row<'_> {
    /// A value as text, `NA` included.
    pub(super) fn text(&self, column: Column) -> Result<&str> {
        std::str::from_utf8(&self.record[column.index])
            .with_context(|| format!("{}: not UTF-8", self.place(column)))
    }

    /// A value that may not be missing.
    pub(super) fn parse<T: FromStr>(&self, column: Column) -> Result<T> {
        let text = self.text(column)?;
        match text.parse() {
            Ok(value) => Ok(value),
            Err(_) => self.reject(column),
        }
    }

    /// A number, or NaN where it is missing.
    pub(super) fn number(&self, column: Column) -> Result<f32> {
        if self.text(column)? == MISSING {
            return Ok(f32::NAN);
        }
        let number: f32 = self.parse(column)?;
        if !number.is_finite() {
            return self.reject(column);
        }
        Ok(number)
    }

    /// A value that `read` has to accept.
    pub(super) fn read<T>(
        &self,
        column: Column,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T> {
        match read(self.text(column)?) {
            Some(value) => Ok(value),
            None => self.reject(column),
        }
    }

    fn reject<T>(&self, column: Column) -> Result<T> {
        let text = self.text(column)?;
        bail!("{}: cannot read {text:?}", self.place(column))
    }

    fn place(&self, column: Column) -> String {
        let line = self.record.position().map_or(0, csv::Position::line);
        let (path, name) = (self.path.display(), column.name);
        format!("{path}, line {line}, column `{name}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &'static str) -> Source {
        Source::new(Path::new("t.csv.zst"), Box::new(text.as_bytes())).expect("a header")
    }

    fn numbers(text: &'static str) -> Result<Vec<f32>> {
        let source = source(text);
        let column = source.column("a")?;
        let mut numbers = Vec::new();
        source.each(|row| {
            numbers.push(row.number(column)?);
            Ok(())
        })?;
        Ok(numbers)
    }

    #[test]
    fn na_is_read_as_missing() {
        let numbers = numbers("a,b\n1.5,x\nNA,y\n-3,z\n").expect("numbers");
        assert_eq!(numbers.len(), 3);
        assert_eq!((numbers[0], numbers[2]), (1.5, -3.0));
        assert!(numbers[1].is_nan());
    }

    #[test]
    fn errors_name_file_line_and_column() {
        let error = numbers("b,a\nx,1\ny,soon\n").expect_err("not a number");
        assert_eq!(
            error.to_string(),
            "t.csv.zst, line 3, column `a`: cannot read \"soon\""
        );
        let error = numbers("b,a\nx,inf\n").expect_err("not a finite number");
        assert!(error.to_string().contains("line 2, column `a`"));
    }

    #[test]
    fn a_missing_column_and_a_short_row_are_errors() {
        let error = numbers("b\nx\n").expect_err("no such column");
        assert_eq!(error.to_string(), "t.csv.zst has no column `a`");
        let error = numbers("a,b\n1,x\n2\n").expect_err("a short row");
        let error = format!("{error:#}");
        assert!(
            error.contains("t.csv.zst") && error.contains("line: 3"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_is_absent_or_not_compressed_is_an_error() {
        let open = |path: &str| Source::open(Path::new(path)).err().expect("no table");
        let error = format!("{:#}", open("no/such/file"));
        assert!(error.starts_with("cannot open no/such/file: "), "{error}");
        let error = format!("{:#}", open("Cargo.toml"));
        assert!(
            error.starts_with("Cargo.toml is not a zstd file: "),
            "{error}"
        );
    }
}
